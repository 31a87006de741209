//! Windows, preferences, screenshots, and checks of layout, contrast and accessibility.

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
    const TABLET: Self = Self {
        width: 768,
        height: 1024,
        scale: 1,
        is_phone: true,
    };
    const WIDE: Self = Self {
        width: 1440,
        height: 900,
        scale: 1,
        is_phone: false,
    };
    /// The desktop's window at a zoom of 200 %.
    pub const ZOOMED: Self = Self {
        width: 640,
        height: 450,
        scale: 2,
        is_phone: false,
    };
}

/// A media feature for user preferences, such as `prefers-color-scheme`, or the media type `print`.
#[derive(Clone, Copy, Debug)]
pub enum Preference {
    Light,
    Dark,
    ReducedMotion,
    ForcedColors,
    Print,
}

/// The appearances in which a page is inspected: name, window, preference, whether a screenshot is taken.
#[rustfmt::skip]
const APPEARANCES: [(&str, Window, Preference, bool); 9] = [
    ("1440-light", Window::WIDE, Preference::Light, true),
    ("1440-dark", Window::WIDE, Preference::Dark, true),
    ("768-light", Window::TABLET, Preference::Light, false),
    ("768-dark", Window::TABLET, Preference::Dark, false),
    ("360-light", Window::PHONE, Preference::Light, true),
    ("360-dark", Window::PHONE, Preference::Dark, true),
    ("zoomed", Window::ZOOMED, Preference::Light, false),
    ("forced-colors", Window::WIDE, Preference::ForcedColors, true),
    ("print", Window::TABLET, Preference::Print, false),
];

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
            Preference::Light | Preference::Print => ("prefers-color-scheme", "light"),
            Preference::Dark => ("prefers-color-scheme", "dark"),
            Preference::ReducedMotion => ("prefers-reduced-motion", "reduce"),
            Preference::ForcedColors => ("forced-colors", "active"),
        };
        let is_printed = matches!(preference, Preference::Print);
        let media = json!({
            "media": if is_printed { "print" } else { "" },
            "features": [{ "name": name, "value": value }],
        });
        self.call("Emulation.setEmulatedMedia", media).await;
    }

    /// Checks the page in every appearance: no horizontal scrolling, no text of low contrast, no violation that axe reports.
    /// Takes screenshots, and writes the HTML for the validators.
    pub async fn inspect(&self, name: &str) {
        self.write_html().await;
        for (suffix, window, preference, is_pictured) in APPEARANCES {
            self.set_window(window).await;
            self.prefer(preference).await;
            let name = format!("{name}-{suffix}");
            self.assert_fits(&name).await;
            self.assert_legible(&name).await;
            self.assert_accessible(&name).await;
            if is_pictured {
                self.screenshot(&name).await;
            }
        }
        self.set_window(Window::DESKTOP).await;
        self.prefer(Preference::Light).await;
    }

    /// Fails if the page is wider than its window; names the elements that are too wide.
    pub async fn assert_fits(&self, name: &str) {
        let wide: Vec<String> = self.evaluate(include_str!("wide_elements.js")).await;
        assert!(wide.is_empty(), "{name} scrolls sideways: {wide:#?}");
    }

    /// Fails where the contrast of text is below level AA of WCAG 2.2, success criterion 1.4.3.
    pub async fn assert_legible(&self, name: &str) {
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
