//! Secrets that the environment holds: a configuration file only names the variables.

/// Reads them, and notes every one that is missing.
pub(super) struct Secrets<'a> {
    whose: &'a str,
    env: &'a dyn Fn(&str) -> Option<String>,
    missing: Vec<String>,
}

impl<'a> Secrets<'a> {
    /// Those of this section.
    pub(super) fn new(whose: &'a str, env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            whose,
            env,
            missing: Vec::new(),
        }
    }

    /// What the variable holds, if one is named.
    pub(super) fn read(&mut self, variable: Option<&String>) -> Option<String> {
        let variable = variable?;
        let value = (self.env)(variable).filter(|value| !value.is_empty());
        if value.is_none() {
            let whose = self.whose;
            self.missing.push(format!(
                "{whose}: the environment variable {variable} is not set"
            ));
        }
        value
    }

    /// What was made of them, unless one was missing.
    pub(super) fn all<T>(self, made: T) -> Result<T, Vec<String>> {
        match self.missing.is_empty() {
            true => Ok(made),
            false => Err(self.missing),
        }
    }
}
