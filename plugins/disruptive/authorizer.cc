#include "plugins/disruptive/authorizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/http/excerpt.h"
#include "pipeline/http/url.h"
#include "plugins/disruptive/assertion.h"
#include "simdjson.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

// Back-dates the assertion, so that a clock a little ahead does not make it
// one from the future (as the vendor's Terraform provider does).
constexpr absl::Duration kClockSkew = absl::Seconds(5);
// A refusal may be about our clock if that was off by more.
constexpr absl::Duration kTolerableSkew = absl::Seconds(4);
// A token this near its end, or in the last tenth of its life, is not given
// out.
constexpr absl::Duration kExpiryMargin = absl::Seconds(10);
// What the service gives when it does not say.
constexpr int64_t kDefaultLifetimeSeconds = 3600;
// What we take a token's life for if the service says less, or more.
constexpr double kShortestLifetimeSeconds = 1;
constexpr double kLongestLifetimeSeconds = 86400;
// What we wait at most because the service asks for it.
constexpr absl::Duration kLongestWait = absl::Minutes(5);
constexpr std::string_view kGrantType =
    "urn:ietf:params:oauth:grant-type:jwt-bearer";

// The error of an OAuth 2.0 answer (RFC 6749 section 5.2), for a message.
std::string OauthError(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  std::string_view error;
  std::string_view description;
  if (parser.parse(body).get(answer) || answer["error"].get(error)) {
    return "no explanation";
  }
  if (answer["error_description"].get(description)) return Excerpt(error);
  return absl::StrCat(Excerpt(error), ": ", Excerpt(description));
}

}  // namespace

Authorizer::Authorizer(const Settings* settings, Executor* executor,
                       HttpClient* http, absl::BitGenRef* random,
                       ServerClock* clock)
    : settings_(settings),
      executor_(executor),
      http_(http),
      random_(random),
      clock_(clock),
      backoff_(absl::Seconds(1), absl::Seconds(60), random),
      answer_timer_(executor),
      renew_timer_(executor) {
  if (settings_->key.basic) {
    grant_.header = BasicHeader(settings_->key.key_id, settings_->key.secret);
  }
}

bool Authorizer::usable() const {
  return !grant_.header.empty() && executor_->MonotonicNow() < given_out_until_;
}

void Authorizer::Get(Callback done) {
  waiting_.push_back(std::move(done));
  if (call_ != nullptr && !usable()) return;
  const bool known = usable() || executor_->MonotonicNow() < retry_at_;
  if (!known) return Fetch();
  if (!answer_timer_.running()) {
    answer_timer_.Start(absl::ZeroDuration(), [this] { Answer(); });
  }
}

void Authorizer::Reject(std::string_view header) {
  if (!settings_->key.basic && header == grant_.header) grant_ = Grant();
}

void Authorizer::Answer() {
  const bool granted = usable();
  if (!granted && failure_.ok()) {
    // Rejected, or at its end, between question and answer.
    if (call_ == nullptr) Fetch();
    return;
  }
  const absl::StatusOr<Grant> answer =
      granted ? absl::StatusOr<Grant>(grant_) : absl::StatusOr<Grant>(failure_);
  std::vector<Callback> waiting = std::move(waiting_);
  waiting_.clear();
  for (Callback& done : waiting) done(answer);
}

void Authorizer::Fetch() {
  renew_timer_.Cancel();
  HttpRequest request;
  request.method = "POST";
  request.url = settings_->token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  const std::string assertion =
      SignAssertion({.key_id = settings_->key.key_id,
                     .secret = settings_->key.secret,
                     .email = settings_->key.email,
                     .audience = settings_->token_url,
                     .issued = clock_->Now() - kClockSkew});
  request.body = absl::StrCat("assertion=", PercentEncode(assertion),
                              "&grant_type=", PercentEncode(kGrantType));
  request.total_timeout = absl::Seconds(20);
  request.max_response_bytes = 64 << 10;
  request.tls.ca_file = settings_->ca_file;
  call_ = http_->Fetch(std::move(request),
                       [this](HttpResponse response, HttpFailure failure) {
                         call_.reset();
                         OnToken(response, failure);
                       });
}

void Authorizer::OnToken(const HttpResponse& response,
                         const HttpFailure& failure) {
  if (!failure.status.ok()) {
    const bool certificate = absl::IsFailedPrecondition(failure.status);
    const std::string message =
        absl::StrCat("the token endpoint ", settings_->token_url,
                     " cannot be reached: ", failure.status.message());
    return Fail(certificate ? absl::FailedPreconditionError(message)
                            : absl::UnavailableError(message));
  }
  const absl::Time before = clock_->Now();
  clock_->ObserveDate(response.headers);
  const absl::Duration wrong = absl::AbsDuration(clock_->Now() - before);
  if (response.status == 400 || response.status == 401 ||
      response.status == 403) {
    if (wrong > kTolerableSkew && !std::exchange(clock_corrected_, true)) {
      return Fetch();
    }
    return Fail(absl::UnauthenticatedError(
        absl::StrCat("the service refuses the credentials (",
                     OauthError(response.body), ")")));
  }
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  std::string_view token;
  if (response.status != 200 || parser.parse(response.body).get(answer) ||
      answer["access_token"].get(token) || token.empty()) {
    const auto asked = FindHeader(response.headers, "Retry-After");
    return Fail(absl::UnavailableError(
                    absl::StrCat("the token endpoint answered ",
                                 response.status, " without a token")),
                ParseRetryAfter(asked.value_or(""), executor_->Now())
                    .value_or(absl::ZeroDuration()));
  }
  double seconds = 0;
  if (answer["expires_in"].get(seconds) || !(seconds > 0)) {
    seconds = kDefaultLifetimeSeconds;
  }
  Accept(token, absl::Seconds(std::clamp(seconds, kShortestLifetimeSeconds,
                                         kLongestLifetimeSeconds)));
}

void Authorizer::Accept(std::string_view token, absl::Duration lifetime) {
  grant_.header = absl::StrCat("Bearer ", ToAbsl(token));
  grant_.expires = executor_->MonotonicNow() + lifetime;
  given_out_until_ = grant_.expires - std::min(kExpiryMargin, lifetime / 10);
  failure_ = absl::OkStatus();
  clock_corrected_ = false;
  retry_at_ = -absl::InfiniteDuration();
  backoff_.Reset();
  // A little random, so that many sources do not renew together.
  renew_timer_.Start(
      lifetime * 0.8 -
          RandomDuration(random_, absl::ZeroDuration(), lifetime * 0.05),
      [this] {
        if (call_ == nullptr) Fetch();
      });
  Answer();
}

void Authorizer::Fail(absl::Status status, absl::Duration asked) {
  failure_ = std::move(status);
  clock_corrected_ = false;
  const bool refused = !absl::IsUnavailable(failure_);
  const absl::Duration wait =
      refused ? RefusalWait(random_) / 2
              : backoff_.Next(std::min(asked, kLongestWait));
  retry_at_ = executor_->MonotonicNow() + wait;
  // While the old token lasts, its renewal is tried again.
  if (usable()) {
    renew_timer_.Start(wait, [this] {
      if (call_ == nullptr) Fetch();
    });
  }
  Answer();
}

}  // namespace sluice::disruptive
