//! For tests of this crate and of the whole system: a service to listen to.

pub use crate::source::replay::*;
