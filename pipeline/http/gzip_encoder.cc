#include "pipeline/http/gzip_encoder.h"

#include <limits>
#include <utility>

#include "glog/logging.h"
#include "zlib.h"

namespace sluice {
namespace {

// The largest window, and 16 for the frame of gzip instead of zlib's own.
constexpr int kWindowBits = 15 + 16;
// zlib's default.
constexpr int kMemoryLevel = 8;

}  // namespace

void GzipEncoder::End::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

GzipEncoder::GzipEncoder() {
  auto stream = std::make_unique<z_stream>();
  // Fails for want of memory only, which ends the process elsewhere, too.
  CHECK_EQ(deflateInit2(stream.get(), Z_BEST_SPEED, Z_DEFLATED, kWindowBits,
                        kMemoryLevel, Z_DEFAULT_STRATEGY),
           Z_OK);
  stream_.reset(stream.release());
}

GzipEncoder::~GzipEncoder() = default;
GzipEncoder::GzipEncoder(GzipEncoder&& other) noexcept = default;
GzipEncoder& GzipEncoder::operator=(GzipEncoder&& other) noexcept = default;

std::string GzipEncoder::Encode(std::string_view bytes) {
  CHECK_LE(bytes.size(), std::numeric_limits<uInt>::max());
  CHECK_EQ(deflateReset(stream_.get()), Z_OK);
  const uLong bound =
      deflateBound(stream_.get(), static_cast<uLong>(bytes.size()));
  CHECK_LE(bound, std::numeric_limits<uInt>::max());
  // Mostly empty afterwards, so not the string that stays.
  const auto room = std::make_unique_for_overwrite<Bytef[]>(bound);
  // zlib does not write there; its type is older than const.
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_->avail_in = static_cast<uInt>(bytes.size());
  stream_->next_out = room.get();
  stream_->avail_out = static_cast<uInt>(bound);
  CHECK_EQ(deflate(stream_.get(), Z_FINISH), Z_STREAM_END);
  return {reinterpret_cast<const char*>(room.get()), stream_->total_out};
}

}  // namespace sluice
