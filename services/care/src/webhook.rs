//! A receiver, ready to be called.

use crate::{Secret, WebhookConfig};
use hark_model::{Alert, BrandId};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// A webhook with its secret.
#[derive(Clone)]
pub struct Webhook {
    pub(crate) id: Arc<str>,
    pub(crate) url: Url,
    pub(crate) secret: Secret,
    pub(crate) brands: Option<Vec<BrandId>>,
    pub(crate) min_severity: u8,
    pub(crate) timeout: Duration,
    pub(crate) give_up_after: Duration,
}

impl Webhook {
    /// A webhook as configured, with the secret its configuration points to.
    pub fn new(config: &WebhookConfig, secret: Secret) -> Self {
        let brands = config.brands.as_ref();
        Self {
            id: Arc::from(config.id.as_str()),
            url: config.url.clone(),
            secret,
            brands: brands.map(|ids| ids.iter().map(BrandId::new).collect()),
            min_severity: config.min_severity,
            timeout: config.timeout,
            give_up_after: config.give_up_after,
        }
    }

    /// Whether it is told of such a revision of an alert. Severity may rise from one revision to
    /// the next, so with a least severity the first it hears of an alert may be an update.
    pub fn wants(&self, alert: &Alert) -> bool {
        alert.severity >= self.min_severity
            && self
                .brands
                .as_ref()
                .is_none_or(|brands| brands.contains(&alert.brand))
    }
}

/// The URL's path and query stay out: some receivers keep a token there.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("host", &self.url.host_str())
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}
