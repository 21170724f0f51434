//! A plotters backend that writes SVG.
//!
//! Plotters' own names a generic family at size/1.24, rounds to whole pixels and leaves text to
//! whatever font a machine has. This one writes the shipped family at its true size, two decimals, and,
//! for charts inside a page, classes in place of the colours that a theme changes.

use std::convert::Infallible;
use std::fmt::Write as _;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle, FontTransform,
};

use super::Theme;
use super::colour::Colour;
use super::font;
use super::paint::{Scale, paint};
use super::palette::Ink;
use super::scene::Scene;

/// Backend units a CSS pixel.
const UNITS: f64 = 50.0;

/// What the text of a picture is, for readers who cannot see it.
pub struct Words<'a> {
    /// Unique within the page; the ids of title and description begin with it.
    pub id: &'a str,
    pub title: &'a str,
    pub description: &'a str,
}

/// A document of its own: colours written out, font embedded.
pub fn document(scene: &Scene, theme: Theme, words: &Words<'_>) -> String {
    let style = format!("<style>{}\ntext{{font-kerning:none;white-space:pre}}</style>\n", font::css());
    draw(scene, &|ink| ink.colour(theme), words, Vec::new(), &style)
}

/// An element of a page, which brings the font and the colours of [`Ink::class`].
pub fn inline(scene: &Scene, words: &Words<'_>) -> String {
    // Backends know colours alone. So each ink that a theme decides goes through as a colour that no
    // vendor has (a test keeps that), and comes out as its class.
    let stand_in = |n: usize| Colour(1, 2, n as u8);
    let themed: Vec<Ink> = Ink::themed().collect();
    let colour = |ink: Ink| match ink {
        Ink::Data(colour) => colour,
        ink => themed.iter().position(|i| *i == ink).map_or(Colour(0, 0, 0), stand_in),
    };
    let classes = themed.iter().enumerate().filter_map(|(n, ink)| Some((stand_in(n), ink.class()?))).collect();
    draw(scene, &colour, words, classes, "")
}

fn draw(scene: &Scene, colour: &dyn Fn(Ink) -> Colour, words: &Words<'_>, themed: Vec<(Colour, String)>, style: &str) -> String {
    let alone = themed.is_empty();
    let mut back = Writer { size: (scene.width, scene.height), themed, out: String::new(), stripes: None };
    let scale = Scale { per_px: UNITS, letters: false, round: false };
    paint(scene, colour, scale, &mut back).expect("writing to a string");
    back.end_stripes();
    let (w, h) = (scene.width.ceil(), scene.height.ceil());
    let id = escape(words.id);
    let size = if alone { format!(" width=\"{w}\" height=\"{h}\"") } else { String::new() };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{size} viewBox=\"0 0 {w} {h}\" font-family=\"{}, Arial, Helvetica, sans-serif\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n{style}{}</svg>\n",
        font::FAMILY,
        escape(words.title),
        escape(words.description),
        back.out
    )
}

/// Text for element content and quoted attributes. Control characters, which XML forbids, are spelt out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            c if c.is_control() || is_format(c) => write!(out, "[U+{:04X}]", u32::from(c)).expect("writing to a string"),
            c => out.push(c),
        }
    }
    out
}

/// Characters that turn or hide their neighbours, and those that XML cannot hold.
fn is_format(c: char) -> bool {
    matches!(u32::from(c), 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xfffe | 0xffff | 0xe0000..=0xe007f)
}

struct Writer {
    size: (f64, f64),
    themed: Vec<(Colour, String)>,
    out: String,
    /// Lines of one look that follow each other share a path: its end is still open.
    stripes: Option<String>,
}

/// A coordinate in CSS pixels, without needless zeros.
struct Px(i32);

impl std::fmt::Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = i64::from(self.0) * 2;
        let (sign, whole, rest) = (if hundredths < 0 { "-" } else { "" }, hundredths.abs() / 100, hundredths.abs() % 100);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            r if r % 10 == 0 => write!(f, "{sign}{whole}.{}", r / 10),
            r => write!(f, "{sign}{whole}.{r:02}"),
        }
    }
}

impl Writer {
    /// Attributes that paint with this colour.
    fn painted(&self, what: &str, colour: BackendColor) -> String {
        let (r, g, b) = colour.rgb;
        let rgb = Colour(r, g, b);
        let mut attributes = match self.themed.iter().find(|(c, _)| *c == rgb) {
            Some((_, class)) => format!("class=\"{}-{class}\"", what.chars().next().unwrap_or('f')),
            None => format!("{what}=\"{rgb}\""),
        };
        if colour.alpha < 1.0 {
            write!(attributes, " {what}-opacity=\"{:.2}\"", colour.alpha).expect("writing to a string");
        }
        attributes
    }

    fn end_stripes(&mut self) {
        if let Some(attributes) = self.stripes.take() {
            writeln!(self.out, "\" {attributes}/>").expect("writing to a string");
        }
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        self.end_stripes();
        self.out.write_fmt(element).expect("writing to a string");
        self.out.push('\n');
    }

    fn points(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (i, (x, y)) in points.into_iter().enumerate() {
            write!(self.out, "{}{} {}", if i == 0 { "M" } else { "L" }, Px(x), Px(y)).expect("writing to a string");
        }
    }
}

type Done = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Writer {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        ((self.size.0 * UNITS) as u32, (self.size.1 * UNITS) as u32)
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Done {
        let paint = self.painted("fill", colour);
        self.put(format_args!("<rect x=\"{}\" y=\"{}\" width=\"0.02\" height=\"0.02\" {paint}/>", Px(at.0), Px(at.1)));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, _fill: bool) -> Done {
        let paint = self.painted("fill", style.color());
        let (w, h) = (b.0 - a.0, b.1 - a.1);
        self.put(format_args!("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {paint}/>", Px(a.0), Px(a.1), Px(w), Px(h)));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        let attributes = format!(
            "{} stroke-width=\"{}\" fill=\"none\" stroke-linejoin=\"round\"",
            self.painted("stroke", style.color()),
            Px(style.stroke_width() as i32)
        );
        if self.stripes.as_ref() != Some(&attributes) {
            self.end_stripes();
            self.out.push_str("<path d=\"");
            self.stripes = Some(attributes);
        }
        self.points(path);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, at: BackendCoord, radius: u32, style: &S, _fill: bool) -> Done {
        let paint = self.painted("fill", style.color());
        self.put(format_args!("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {paint}/>", Px(at.0), Px(at.1), Px(radius as i32)));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Done {
        let paint = self.painted("fill", style.color());
        self.end_stripes();
        self.out.push_str("<path d=\"");
        self.points(corners);
        writeln!(self.out, "Z\" {paint}/>").expect("writing to a string");
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Done {
        let paint = self.painted("fill", style.color());
        let half = (style.size() as f32 / 2.0) as i32;
        let px = style.size() / font::LINE_PER_EM / UNITS;
        let weight = if matches!(style.style(), FontStyle::Bold) { " font-weight=\"700\"" } else { "" };
        let place = match style.transform() {
            FontTransform::Rotate270 => {
                let (x, y) = (Px(at.0 + half), Px(at.1));
                format!("x=\"{x}\" y=\"{y}\" transform=\"rotate(-90 {x} {y})\"")
            }
            _ => format!("x=\"{}\" y=\"{}\"", Px(at.0), Px(at.1 + half)),
        };
        self.put(format_args!("<text {place} font-size=\"{px:.4}\"{weight} {paint}>{}</text>", escape(text)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_have_two_decimals_at_most() {
        for (units, text) in [(0, "0"), (50, "1"), (25, "0.5"), (1, "0.02"), (-75, "-1.5"), (-1, "-0.02"), (505, "10.1")] {
            assert_eq!(Px(units).to_string(), text);
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(escape("</text><script>\"'&\u{202e}\u{0}"), "&lt;/text&gt;&lt;script&gt;&quot;&#39;&amp;[U+202E][U+0000]");
    }
}
