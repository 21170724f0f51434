//! Charts of share and diff tables, as SVG and PNG. The one door to plotters.
//!
//! Every chart says its finding in the title, measure, n and dates in the subtitle, and where the
//! figures come from in the footer; data that is not a live crawl is marked on the face. Same tables,
//! same bytes, on any machine: the font is shipped and embedded.
//!
//! A table becomes a `scene` (layout, in pixels), and a scene is handed to a plotters backend: pixels
//! by plotters' own (`raster`), vectors by ours (`svg`).

mod alluvial;
mod change;
mod cohorts;
mod colour;
mod concentration;
mod country;
mod dumbbell;
mod fold;
mod font;
mod frame;
mod matrix;
mod paint;
mod palette;
mod raster;
mod rows;
mod scene;
mod set;
mod shares;
mod svg;
#[cfg(test)]
pub(crate) mod tests;
mod transitions;
mod trend;
mod words;

pub use alluvial::alluvial;
pub use change::change_bars;
pub use cohorts::{cohort_bars, cohort_heat};
pub use concentration::concentration;
pub use dumbbell::dumbbell;
pub use set::{Drawn, Source, of_role};
pub use shares::share_bars;
pub use transitions::transitions;
pub use trend::trend_lines;

/// Colours of paper and ink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How a chart is drawn; what is drawn is the table's business alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    pub theme: Theme,
    /// Width in CSS pixels; the height follows from the content. At least 320.
    pub width: u32,
    /// Named rows drawn one by one; the rest is folded into "other".
    pub top: usize,
    /// The footer names population and snapshot alone: for pages that say the rest once.
    pub brief: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { theme: Theme::Light, width: 880, top: 12, brief: false }
    }
}

/// A laid-out chart, ready to be written.
#[derive(Clone, Debug)]
pub struct Chart {
    /// File stem: `share-gateway`, `change-gateway`.
    pub name: String,
    /// The finding in words.
    pub title: String,
    /// What the chart shows, for readers who cannot see it.
    pub description: String,
    theme: Theme,
    scene: scene::Scene,
}

impl Chart {
    /// A document of its own, with the font embedded.
    pub fn svg(&self) -> String {
        svg::document(&self.scene, self.theme, &self.words(&self.name))
    }

    /// An element for a page that holds [`font_css`] and [`theme_css`]: it follows the page's theme and uses its font.
    /// `id` is unique within the page.
    pub fn svg_inline(&self, id: &str) -> String {
        svg::inline(&self.scene, &self.words(id))
    }

    /// The same picture in pixels, two for each CSS pixel.
    pub fn png(&self) -> Vec<u8> {
        raster::png(&self.scene, self.theme)
    }

    /// Width and height in CSS pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.scene.width.ceil() as u32, self.scene.height.ceil() as u32)
    }

    fn words<'a>(&'a self, id: &'a str) -> svg::Words<'a> {
        svg::Words { id, title: &self.title, description: &self.description }
    }
}

pub use font::base64;

/// `@font-face` rules with the shipped font inside.
pub fn font_css() -> &'static str {
    font::css()
}

/// Rules that colour inline charts in one theme: `.f-grid{fill:#e6e8eb}.s-grid{stroke:#e6e8eb}`.
pub fn theme_css(theme: Theme, scope: &str) -> String {
    let rule = |ink: palette::Ink| {
        let (class, colour) = (ink.class()?, ink.colour(theme));
        Some(format!("{scope} .f-{class}{{fill:{colour}}}{scope} .s-{class}{{stroke:{colour}}}"))
    };
    palette::Ink::themed().filter_map(rule).collect()
}
