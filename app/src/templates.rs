//! Templates, embedded in the binary; read from disk in debug builds, so that a reload shows an edit.

use std::borrow::Cow;
use std::sync::Arc;

use rust_embed::RustEmbed;
use serde::Serialize;
use tera::{Context, Kwargs, State, Tera};

use crate::assets::Assets;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct TemplateFiles;

/// In bytes: a list of 50 entries, so that the buffer of most pages need not grow.
const TYPICAL_PAGE: usize = 24 * 1024;

/// The parsed templates.
pub struct Templates {
    tera: Tera,
    assets: Arc<Assets>,
}

impl Templates {
    /// Parses every template.
    ///
    /// # Errors
    /// When a template does not parse, or uses a component or a parent that does not exist.
    pub fn load(assets: Arc<Assets>) -> Result<Self, tera::Error> {
        let files: Vec<_> = TemplateFiles::iter()
            .filter_map(|name| TemplateFiles::get(&name).map(|file| (name, file)))
            .map(|(name, file)| {
                (
                    name,
                    without_indentation(&String::from_utf8_lossy(&file.data)),
                )
            })
            .collect();
        let mut tera = Tera::new();
        let assets_of_function = assets.clone();
        tera.register_function("asset", move |arguments: Kwargs, _: &State| {
            let name: Cow<'_, str> = arguments.must_get("path")?;
            let path = assets_of_function.path(&name);
            path.ok_or_else(|| tera::Error::message(format!("no static file {name}")))
        });
        tera.add_raw_templates(files)?;
        Ok(Self { tera, assets })
    }

    /// Renders a view with the data of the layout, in UTF-8.
    ///
    /// # Errors
    /// When the template uses a variable that neither of them has.
    pub fn render(
        &self,
        template: &str,
        view: &impl Serialize,
        layout: &impl Serialize,
    ) -> Result<Vec<u8>, tera::Error> {
        let mut context = Context::from_serialize(view)?;
        context.insert("layout", layout);
        let mut page = Vec::with_capacity(TYPICAL_PAGE);
        if cfg!(debug_assertions) {
            let current = Self::load(self.assets.clone())?;
            current.tera.render_to(template, &context, &mut page)?;
        } else {
            self.tera.render_to(template, &context, &mut page)?;
        }
        page.shrink_to_fit();
        Ok(page)
    }
}

/// The template without whitespace at both ends of its lines, which pages need not have. Lines keep their numbers.
fn without_indentation(template: &str) -> String {
    let lines: Vec<&str> = template.lines().map(str::trim).collect();
    lines.join("\n")
}
