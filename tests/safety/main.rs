//! Names and records that would act in a terminal, a page, a picture or a spreadsheet: what the
//! program writes for people holds them as text. Also where it writes: nowhere but where it was told.

mod acting;
mod places;
mod world;
