//! The program: everything it does is in the library.

fn main() -> std::process::ExitCode {
    mxcensus::cli::run(std::env::args_os())
}
