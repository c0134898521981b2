//! The secret under which authors become pseudonyms.

use crate::config::AuthorsConfig;
use crate::exit::{Failure, Outcome};
use rand::RngCore;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

const FILE: &str = "pepper";

/// The configured pepper, or the one in the data folder, made at the first start.
pub(crate) fn pepper(config: &AuthorsConfig, data_dir: &Path) -> Outcome<Vec<u8>> {
    if let Some(name) = &config.pepper_env {
        let value = std::env::var(name).unwrap_or_default();
        return enough(
            value.into_bytes(),
            &format!("the environment variable {name}"),
        );
    }
    if let Some(path) = &config.pepper_file {
        let value = fs::read(path).map_err(|error| {
            Failure::input(format!("authors.pepper_file {}: {error}", path.display()))
        })?;
        return enough(value.trim_ascii().to_vec(), &path.display().to_string());
    }
    let path = data_dir.join(FILE);
    match fs::read(&path) {
        Ok(pepper) => enough(pepper, &path.display().to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path),
        Err(error) => Err(Failure::System(format!("{}: {error}", path.display()))),
    }
}

fn enough(pepper: Vec<u8>, origin: &str) -> Outcome<Vec<u8>> {
    if pepper.len() < 16 {
        return Err(Failure::input(format!(
            "the authors' pepper from {origin} has {} bytes; give it at least 16, for example \
             from `openssl rand -hex 32`",
            pepper.len()
        )));
    }
    Ok(pepper)
}

fn make(path: &Path) -> Outcome<Vec<u8>> {
    let mut pepper = vec![0; 32];
    rand::rng().fill_bytes(&mut pepper);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(&pepper)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::System(format!("{}: {error}", path.display())))?;
    Ok(pepper)
}
