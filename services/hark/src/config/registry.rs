//! The `[log.kafka.registry]` section: the schema registry whose ids the values carry.

use super::secrets::Secrets;
use hark_registry::Credentials;
use serde::Deserialize;

/// How hark comes to a Confluent-compatible schema registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistryConfig {
    /// Its address, `https://…` or `http://…`.
    pub(crate) url: String,
    /// The environment variable that holds the user's name.
    pub(crate) user_env: Option<String>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
    /// The environment variable that holds a bearer token.
    pub(crate) bearer_env: Option<String>,
}

impl RegistryConfig {
    /// Every mistake in it.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Err(error) = hark_registry::check(&self.url) {
            found.push(format!("log.kafka.registry.url: {error}"));
        }
        if self.user_env.is_some() != self.password_env.is_some() {
            found.push("log.kafka.registry: user_env and password_env go together".to_owned());
        }
        if self.bearer_env.is_some() && self.user_env.is_some() {
            found.push(
                "log.kafka.registry: give user_env and password_env, or bearer_env, not both"
                    .to_owned(),
            );
        }
        found
    }

    /// What the environment holds for it.
    pub(crate) fn credentials(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Credentials, Vec<String>> {
        let mut secrets = Secrets::new("schema registry", env);
        let user = secrets.read(self.user_env.as_ref());
        let password = secrets.read(self.password_env.as_ref());
        let bearer = secrets.read(self.bearer_env.as_ref());
        secrets.all(match (bearer, user, password) {
            (Some(token), _, _) => Credentials::Bearer(token),
            (None, Some(user), Some(password)) => Credentials::Basic { user, password },
            _ => Credentials::None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> RegistryConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn halves_and_doubles_of_credentials_and_secrets_in_the_address_are_mistakes() {
        let found = config(
            "url = \"https://me:secret@registry.example\"\nuser_env = \"U\"\nbearer_env = \"B\"",
        )
        .problems();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(!found.join("\n").contains("secret@"), "{found:?}");
        assert_eq!(config("url = \"registry\"").problems().len(), 1);
    }

    #[test]
    fn credentials_come_from_the_environment() {
        let set = |name: &str| Some(format!("<{name}>"));
        let basic = config("url = \"https://a\"\nuser_env = \"U\"\npassword_env = \"P\"");
        let expected = Credentials::Basic {
            user: "<U>".to_owned(),
            password: "<P>".to_owned(),
        };
        assert_eq!(basic.credentials(&set).unwrap(), expected);
        let bearer = config("url = \"https://a\"\nbearer_env = \"B\"");
        let expected = Credentials::Bearer("<B>".to_owned());
        assert_eq!(bearer.credentials(&set).unwrap(), expected);
        assert_eq!(basic.credentials(&|_| None).unwrap_err().len(), 2);
        assert_eq!(
            config("url = \"https://a\"").credentials(&set).unwrap(),
            Credentials::None
        );
    }
}
