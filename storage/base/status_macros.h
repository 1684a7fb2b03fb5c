// Passing a Status up: Abseil gained these only after the version we build
// with.
#ifndef STORAGE_BASE_STATUS_MACROS_H_
#define STORAGE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Evaluates an expression that gives an absl::Status and returns it from the
// current function if it is not OK.
#define SLUICE_RETURN_IF_ERROR(expression)           \
  do {                                               \
    absl::Status sluice_status_ = (expression);      \
    if (!sluice_status_.ok()) return sluice_status_; \
  } while (false)

// Evaluates an expression that gives an absl::StatusOr<T>; assigns the T to
// `target`, or returns the status.
//   SLUICE_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
#define SLUICE_ASSIGN_OR_RETURN(target, expression)                          \
  SLUICE_ASSIGN_OR_RETURN_IMPL_(SLUICE_CONCAT_(sluice_status_or_, __LINE__), \
                                target, expression)

#define SLUICE_CONCAT_INNER_(a, b) a##b
#define SLUICE_CONCAT_(a, b) SLUICE_CONCAT_INNER_(a, b)
#define SLUICE_ASSIGN_OR_RETURN_IMPL_(status_or, target, expression) \
  auto status_or = (expression);                                     \
  if (!status_or.ok()) return std::move(status_or).status();         \
  target = *std::move(status_or)

#endif  // STORAGE_BASE_STATUS_MACROS_H_
