//! Whole-system tests: the real binary with the real model, from the outside only, as an operator
//! and the services around it meet it.
//!
//! They are a test of the package `hark` (its Cargo.toml names this file), which is how they know
//! where the binary is.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]
#![allow(clippy::print_stdout, reason = "a test says what it did without")]

mod airlines;
mod commands;
mod eval;
mod import;
mod jetstream;
mod kills;
mod push;
mod schema;
mod support;
mod touchpoints;
mod webhooks;
