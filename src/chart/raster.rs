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

/// Means over squares of `OVERSAMPLING` pixels a side.
fn average(pixels: &[u8], width: usize) -> Vec<u8> {
    let side = OVERSAMPLING as usize;
    let row = width * 3;
    let mut out = Vec::with_capacity(pixels.len() / (side * side));
    for rows in pixels.chunks_exact(row * side) {
        for x in 0..width / side {
            for channel in 0..3 {
                let sum: u32 =
                    (0..side * side).map(|i| u32::from(rows[i / side * row + (x * side + i % side) * 3 + channel])).sum();
                out.push(((sum + (side * side) as u32 / 2) / (side * side) as u32) as u8);
            }
        }
    }
    out
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
