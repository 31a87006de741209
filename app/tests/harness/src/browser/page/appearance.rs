//! Windows, preferences, screenshots, and checks of layout and contrast.

use std::path::PathBuf;

use chromiumoxide::cdp::browser_protocol::page::{CaptureScreenshotFormat, Viewport};
use chromiumoxide::page::ScreenshotParams;
use serde_json::json;

use super::Page;
use crate::process::target_folder;

/// A window, in the page's own pixels.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    width: u32,
    height: u32,
    /// Pixels of the screen for each of the page's.
    scale: u32,
    is_phone: bool,
}

impl Window {
    pub const DESKTOP: Self = Self {
        width: 1280,
        height: 900,
        scale: 1,
        is_phone: false,
    };
    pub const PHONE: Self = Self {
        width: 360,
        height: 740,
        scale: 1,
        is_phone: true,
    };
    /// The desktop's window at a zoom of 200 %.
    pub const ZOOMED: Self = Self {
        width: 640,
        height: 450,
        scale: 2,
        is_phone: false,
    };
}

/// A media feature for user preferences, such as `prefers-color-scheme`.
#[derive(Clone, Copy, Debug)]
pub enum Preference {
    Light,
    Dark,
    ReducedMotion,
}

impl Page {
    pub async fn set_window(&self, window: Window) {
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
    pub async fn prefer(&self, preference: Preference) {
        let (name, value) = match preference {
            Preference::Light => ("prefers-color-scheme", "light"),
            Preference::Dark => ("prefers-color-scheme", "dark"),
            Preference::ReducedMotion => ("prefers-reduced-motion", "reduce"),
        };
        let features = json!({ "features": [{ "name": name, "value": value }] });
        self.call("Emulation.setEmulatedMedia", features).await;
    }

    /// Looks at the page on desktop and phone, light and dark: a picture of each, no sideways scrolling, no faint text.
    pub async fn inspect(&self, name: &str) {
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
    pub async fn fits(&self, name: &str) {
        let wide: Vec<String> = self.evaluate(include_str!("wide_elements.js")).await;
        assert!(wide.is_empty(), "{name} scrolls sideways: {wide:#?}");
    }

    /// Fails where the contrast of text is below level AA of WCAG 2.2, success criterion 1.4.3.
    pub async fn is_legible(&self, name: &str) {
        let faint: Vec<String> = self.evaluate(include_str!("faint_texts.js")).await;
        assert!(faint.is_empty(), "{name} has faint text: {faint:#?}");
    }

    /// A picture of the whole page.
    pub async fn screenshot(&self, name: &str) {
        let size: [f64; 2] = self
            .evaluate(
                "[document.documentElement.clientWidth, document.documentElement.scrollHeight]",
            )
            .await;
        self.picture(name, size).await;
    }

    /// A picture of the page's upper end, in pixels.
    pub async fn picture(&self, name: &str, [width, height]: [f64; 2]) {
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
    let folder = target_folder(3).join("e2e");
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    folder
}
