//! How a page looks: windows, preferences, pictures, and the faults of a layout that a program can see.

use std::path::{Path, PathBuf};

use chromiumoxide::cdp::browser_protocol::page::{CaptureScreenshotFormat, Viewport};
use chromiumoxide::page::ScreenshotParams;
use serde_json::json;

use super::Page;

/// A window, in the page's own pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    width: u32,
    height: u32,
    /// Pixels of the screen for each of the page's.
    scale: u32,
    is_phone: bool,
}

impl Window {
    pub(crate) const DESKTOP: Self = Self {
        width: 1280,
        height: 900,
        scale: 1,
        is_phone: false,
    };
    pub(crate) const PHONE: Self = Self {
        width: 360,
        height: 740,
        scale: 1,
        is_phone: true,
    };
    /// The desktop's window at a zoom of 200 %.
    pub(crate) const ZOOMED: Self = Self {
        width: 640,
        height: 450,
        scale: 2,
        is_phone: false,
    };
}

/// A wish of the visitor that a style sheet can ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preference {
    Light,
    Dark,
    ReducedMotion,
}

impl Page {
    pub(crate) async fn set_window(&self, window: Window) {
        let metrics = json!({
            "width": window.width,
            "height": window.height,
            "deviceScaleFactor": window.scale,
            "mobile": window.is_phone,
        });
        self.call("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// This preference and no other.
    pub(crate) async fn prefer(&self, preference: Preference) {
        let (name, value) = match preference {
            Preference::Light => ("prefers-color-scheme", "light"),
            Preference::Dark => ("prefers-color-scheme", "dark"),
            Preference::ReducedMotion => ("prefers-reduced-motion", "reduce"),
        };
        let features = json!({ "features": [{ "name": name, "value": value }] });
        self.call("Emulation.setEmulatedMedia", features).await;
    }

    /// Looks at the page on desktop and phone, light and dark: a picture of each, no sideways scrolling, no faint text.
    pub(crate) async fn inspect(&self, name: &str) {
        for (window, size) in [(Window::DESKTOP, "1280"), (Window::PHONE, "360")] {
            self.set_window(window).await;
            for (preference, scheme) in [(Preference::Light, "light"), (Preference::Dark, "dark")] {
                self.prefer(preference).await;
                let name = format!("{name}-{size}-{scheme}");
                self.fits(&name).await;
                self.is_legible(&name).await;
                self.screenshot(&name).await;
            }
        }
        self.set_window(Window::DESKTOP).await;
        self.prefer(Preference::Light).await;
    }

    /// Fails if the page is wider than its window; names what sticks out.
    pub(crate) async fn fits(&self, name: &str) {
        let wide: Vec<String> = self.evaluate(include_str!("wide_elements.js")).await;
        assert!(wide.is_empty(), "{name} scrolls sideways: {wide:#?}");
    }

    /// Fails where the contrast of text is below level AA of WCAG 2.2, success criterion 1.4.3.
    pub(crate) async fn is_legible(&self, name: &str) {
        let faint: Vec<String> = self.evaluate(include_str!("faint_texts.js")).await;
        assert!(faint.is_empty(), "{name} has faint text: {faint:#?}");
    }

    /// A picture of the whole page.
    pub(crate) async fn screenshot(&self, name: &str) {
        let size: [f64; 2] = self
            .evaluate(
                "[document.documentElement.clientWidth, document.documentElement.scrollHeight]",
            )
            .await;
        self.picture(name, size).await;
    }

    /// A picture of the page's upper end, in pixels.
    pub(crate) async fn picture(&self, name: &str, [width, height]: [f64; 2]) {
        let clip = Viewport {
            x: 0.0,
            y: 0.0,
            width,
            height,
            scale: 1.0,
        };
        let options = ScreenshotParams::builder()
            .format(CaptureScreenshotFormat::Png)
            .capture_beyond_viewport(true)
            .clip(clip)
            .build();
        let picture = self.tab.screenshot(options).await.expect("a picture");
        std::fs::write(pictures().join(format!("{name}.png")), picture).expect("a file");
    }
}

fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("e2e");
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    folder
}
