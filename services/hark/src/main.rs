//! The `hark` binary; see the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    hark::main()
}
