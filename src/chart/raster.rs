//! A scene as PNG: drawn large by plotters, then averaged down, which gives soft edges.

use plotters::prelude::BitMapBackend;

use super::Theme;
use super::paint::{Scale, paint};
use super::scene::Scene;

/// Pixels a CSS pixel in the file, and how many times larger the drawing is before averaging.
const DENSITY: u32 = 2;
const OVERSAMPLING: u32 = 2;

/// The picture at two pixels for each CSS pixel.
pub fn png(scene: &Scene, theme: Theme) -> Vec<u8> {
    let (width, height) = (scene.width.ceil() as u32 * DENSITY, scene.height.ceil() as u32 * DENSITY);
    let large = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut pixels = vec![0u8; large.0 as usize * large.1 as usize * 3];
    let mut back = BitMapBackend::with_buffer(&mut pixels, large);
    let scale = Scale { per_px: f64::from(DENSITY * OVERSAMPLING), letters: true, round: true };
    paint(scene, &|ink| ink.colour(theme), scale, &mut back).expect("memory takes every pixel, and the font is registered");
    drop(back);
    encode(width, height, &average(&pixels, large.0 as usize))
}

/// Means over squares of two by two pixels, several bytes at once: this touches every pixel, and
/// unoptimised builds draw too.
fn average(pixels: &[u8], width: usize) -> Vec<u8> {
    const { assert!(OVERSAMPLING == 2) };
    let row = width * 3;
    let mut out = Vec::with_capacity(pixels.len() / 4);
    // Widths in the file are even, so rows are whole groups of six bytes; eight may overlap the end.
    let mut middle = vec![0u8; row.next_multiple_of(8)];
    for rows in pixels.chunks_exact(row * 2) {
        let (above, below) = rows.split_at(row);
        for ((a, b), to) in above.chunks(8).zip(below.chunks(8)).zip(middle.chunks_exact_mut(8)) {
            to.copy_from_slice(&mean(word(a), word(b)).to_le_bytes());
        }
        for two in middle[..row].chunks_exact(6) {
            let bytes = mean(word(&two[..3]), word(&two[3..])).to_le_bytes();
            out.extend_from_slice(&bytes[..3]);
        }
    }
    out
}

/// Up to eight bytes as one number, the missing ones 0.
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// The mean of each byte, rounded up: carries never cross into the next byte.
fn mean(a: u64, b: u64) -> u64 {
    (a | b) - (((a ^ b) & 0xfefe_fefe_fefe_fefe) >> 1)
}

fn encode(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // 144 dpi, so that documents place the picture at its CSS size.
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: 5669, yppu: 5669, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header().expect("memory takes every byte");
    writer.write_image_data(pixels).expect("memory takes every byte");
    writer.finish().expect("memory takes every byte");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_pixels_become_their_mean() {
        // Two rows of four pixels.
        let row = |v: u8| [v, v, v, 0, 0, 0, 255, 255, 255, 255, 255, 255];
        let pixels = [row(100), row(200)].concat();
        assert_eq!(average(&pixels, 4), [75, 75, 75, 255, 255, 255]);
    }
}
