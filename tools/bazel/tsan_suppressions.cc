// Reports that ThreadSanitizer must not make, because Debian's libraries are
// compiled without it.
//
// Compiled in, rather than a file named by TSAN_OPTIONS, so that a test finds
// it in whatever folder it runs. Entries name libraries, never our own code: a
// race of ours gets fixed. "called_from_lib" ignores the memcpy() and free() of
// that library only; what our code does in its callbacks is still checked.

// The name is TSan's own.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" const char* __tsan_default_suppressions() {
  return
      // The deadlock detector of absl::Mutex guards its graph with a spin lock
      // of its own.
      "called_from_lib:libabsl_graphcycles_internal.so\n"
      // The last owner of a status or a cord frees it, after counting down by
      // an atomic that TSan does not see.
      "called_from_lib:libabsl_status.so\n"
      "called_from_lib:libabsl_cord.so\n"
      "called_from_lib:libabsl_cord_internal.so\n"
      // gRPC hands buffers from thread to thread in the same way. Its locks are
      // absl::Mutex, which absl_tsan.cc makes visible.
      "called_from_lib:libgrpc.so\n"
      "called_from_lib:libgrpc++.so\n"
      "called_from_lib:libgpr.so\n";
}
