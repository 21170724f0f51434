//! Hostile and broken DNS: for each way of misbehaving the outcome is recorded, the time and the
//! number of questions are bounded, and no other domain is touched.

mod chains;
mod datagrams;
mod flood;
mod lies;
mod network;
mod records;
mod server;
mod streams;
mod wire;
mod world;
