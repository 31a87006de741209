//! Templates and static files: part of the binary; read from the disk in debug builds, so that an
//! edit shows at the next reload.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Serialize;
use tera::{Context, Kwargs, State, Tera};

#[derive(RustEmbed)]
#[folder = "templates/"]
struct TemplateFiles;

#[derive(RustEmbed)]
#[folder = "static/"]
struct StaticFiles;

/// Where the static files are served.
pub const STATIC_PATH: &str = "/static";

/// The parsed templates.
pub struct Templates(Tera);

impl Templates {
    /// Parses every template.
    ///
    /// # Errors
    /// When one does not parse, or uses a component or a parent that is not there.
    pub fn load() -> Result<Self, tera::Error> {
        let files: Vec<_> = TemplateFiles::iter()
            .filter_map(|name| TemplateFiles::get(&name).map(|file| (name, file)))
            .map(|(name, file)| (name, String::from_utf8_lossy(&file.data).into_owned()))
            .collect();
        let mut tera = Tera::new();
        tera.register_function("asset", asset_function);
        tera.add_raw_templates(files)?;
        Ok(Self(tera))
    }

    /// Renders a view with the layout's own data.
    ///
    /// # Errors
    /// When the template names something that neither of them has.
    pub fn render(
        &self,
        template: &str,
        view: &impl Serialize,
        layout: &impl Serialize,
    ) -> Result<String, tera::Error> {
        let mut context = Context::from_serialize(view)?;
        context.insert("layout", layout);
        if cfg!(debug_assertions) {
            return Self::load()?.0.render(template, &context);
        }
        self.0.render(template, &context)
    }
}

/// A static file by the name it is served under, `app-1f2e3d4c.css`: the name changes with the content.
pub fn find_static_file(hashed_name: &str) -> Option<EmbeddedFile> {
    StaticFiles::iter()
        .filter_map(|name| StaticFiles::get(&name).map(|file| (name, file)))
        .find(|(name, file)| self::hashed_name(name, file) == hashed_name)
        .map(|(_, file)| file)
}

/// A static file by its own name.
pub fn static_file(name: &str) -> Option<EmbeddedFile> {
    StaticFiles::get(name)
}

/// The address of a static file, `/static/app-1f2e3d4c.css` for `app.css`.
pub fn static_path(name: &str) -> Option<String> {
    let file = StaticFiles::get(name)?;
    Some(format!("{STATIC_PATH}/{}", hashed_name(name, &file)))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the template engine calls it so"
)]
fn asset_function(arguments: Kwargs, _: &State) -> tera::TeraResult<String> {
    let name: Cow<'_, str> = arguments.must_get("path")?;
    static_path(&name).ok_or_else(|| tera::Error::message(format!("no static file {name}")))
}

fn hashed_name(name: &str, file: &EmbeddedFile) -> String {
    let hash = hex::encode(&file.metadata.sha256_hash()[..4]);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{name}-{hash}"),
    }
}
