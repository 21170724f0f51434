//! placeholder

pub mod chart;
pub mod classify;
pub mod crawl;
pub mod diff;
pub mod dns;
pub mod mail;
pub mod observation;
pub mod plan;
pub mod population;
pub mod provenance;
pub mod replay;
pub mod report;
pub mod share;
pub mod vendor;
