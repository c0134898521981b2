//! Calling cargo, and where the workspace is.

use std::env;
use std::path::Path;
use std::process::Command;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// The cargo that runs us, at the root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // `cargo run` tells us who we are. Build scripts that look at such a variable (ring's does)
    // would run again, and everything after them be built again, each time a developer changes
    // from `cargo test` to `cargo xtask test` and back.
    for (name, _) in env::vars_os().filter(|(name, _)| describes_us(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

fn describes_us(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}
