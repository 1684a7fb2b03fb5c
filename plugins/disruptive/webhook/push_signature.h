// The signature on a Data Connector's push.
//
// https://docs.developer.disruptive-technologies.com/data-connectors/receiving-events;
// claims as in captured pushes of
// https://github.com/disruptive-technologies/python-integrations
// (tests/events.py).
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_SIGNATURE_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_SIGNATURE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::disruptive {

// The header that carries it.
inline constexpr std::string_view kSignatureHeader = "X-Dt-Signature";

// Checks that somebody who knows one of `secrets` signed exactly `body`, and
// that the signature is of this time: `signature` is a JWT (HS256) that expires
// (exp) and may say since when it is good (iat), each give or take `leeway`,
// and that has the SHA-256 of the body (checksum_sha256). The SHA-1 (checksum)
// that older receivers compare must be right where it is given. Secrets and
// digests are compared in constant time.
//
//   kUnauthenticated: it is not; the message says why, without any of the
//   signature or the body.
absl::Status CheckPushSignature(std::string_view signature,
                                std::string_view body,
                                const std::vector<std::string>& secrets,
                                absl::Time now, absl::Duration leeway);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_SIGNATURE_H_
