//! Rate limits: a token bucket a budget for each user or, before sign-in, each client network.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue},
    middleware::Next,
    response::Response,
};
use fardel_domain::{
    id::UserId,
    problem::{Problem, ProblemCode},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use super::Gateway;
use crate::{
    answer::problem,
    app::RateLimits,
    identity::{ClientAddress, Network},
    request::Identity,
};

const WINDOW: Duration = Duration::from_mins(1);
/// After so many decisions, buckets that are full again are forgotten.
const SWEEP_EVERY: u32 = 8_192;

/// The budgets.
pub(crate) struct Limits {
    presign: Budget,
    other: Budget,
}

struct Budget {
    name: &'static str,
    requests: u32,
    buckets: RateLimiter<Who, DashMapStateStore<Who>, DefaultClock, StateInformationMiddleware>,
    decisions: AtomicU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    User(UserId),
    Network(Network),
}

/// What one request leaves in its bucket.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Allowed { remaining: u32 },
    Refused { retry_after: u64 },
}

impl Limits {
    pub(crate) fn new(limits: &RateLimits) -> Self {
        Self { presign: Budget::new("presign", limits.presign), other: Budget::new("other", limits.other) }
    }

    fn budget(&self, route: &str) -> &Budget {
        match route {
            "/api/v1/files/presigned-url" | "/api/v1/files/{fileId}/upload/parts" => &self.presign,
            _ => &self.other,
        }
    }
}

impl Budget {
    fn new(name: &'static str, requests: u32) -> Self {
        let burst = NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(WINDOW / burst.get())
            .unwrap_or_else(|| Quota::per_minute(NonZeroU32::MIN))
            .allow_burst(burst);
        let buckets = RateLimiter::dashmap(quota).with_middleware();
        Self { name, requests: burst.get(), buckets, decisions: AtomicU32::new(0) }
    }

    fn take(&self, who: Who) -> Decision {
        if self.decisions.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.buckets.retain_recent();
        }
        match self.buckets.check_key(&who) {
            Ok(bucket) => Decision::Allowed { remaining: bucket.remaining_burst_capacity() },
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Decision::Refused { retry_after: wait.as_secs() + 1 }
            }
        }
    }

    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
    fn describe(&self, headers: &mut HeaderMap, remaining: u32) {
        let missing = u64::from(self.requests - remaining.min(self.requests));
        let full_after = (missing * WINDOW.as_secs()).div_ceil(u64::from(self.requests));
        let name = self.name;
        for (header, value) in [
            ("ratelimit-policy", format!("\"{name}\";q={};w={}", self.requests, WINDOW.as_secs())),
            ("ratelimit", format!("\"{name}\";r={remaining};t={full_after}")),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(header, value);
            }
        }
    }
}

/// Takes one token from the caller's bucket or answers 429.
pub(super) async fn limit(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let budget = gateway.limits.budget(extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str));
    let user = extensions.get::<Identity>().and_then(Identity::actor).map(|actor| Who::User(actor.user_id));
    let network = || {
        let address = extensions.get::<ClientAddress>().copied();
        Who::Network(address.unwrap_or(ClientAddress(std::net::Ipv6Addr::UNSPECIFIED.into())).network())
    };
    match budget.take(user.unwrap_or_else(network)) {
        Decision::Allowed { remaining } => {
            let mut response = next.run(request).await;
            budget.describe(response.headers_mut(), remaining);
            response
        }
        Decision::Refused { retry_after } => {
            let detail = format!("At most {} requests a minute. Wait {retry_after} s.", budget.requests);
            let mut response =
                problem::response(Problem::new(ProblemCode::RateLimited, detail).retry_after(retry_after));
            budget.describe(response.headers_mut(), 0);
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_each_callers_own() {
        let budget = Budget::new("other", 3);
        let who = |address: &str| Who::Network(ClientAddress(address.parse().unwrap()).network());
        for remaining in [2, 1, 0] {
            assert_eq!(budget.take(who("192.0.2.1")), Decision::Allowed { remaining });
        }
        assert!(matches!(budget.take(who("192.0.2.1")), Decision::Refused { retry_after: 1..=21 }));
        assert_eq!(budget.take(who("192.0.2.2")), Decision::Allowed { remaining: 2 });
    }
}
