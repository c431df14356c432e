// The agent's view in x86 registers: the window is seven 8-byte words, its direction a byte shuffle and an 8 x 8 transposition,
// the codes are scattered from three planes.
#include <algorithm>

#include "envs/minigrid/observation.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

namespace rove::minigrid {

#if defined(__SSE4_1__)

namespace {

// Sixteen bytes made at compile time from their index.
template <class F>
constexpr std::array<std::uint8_t, 16> Bytes(F f) {
  std::array<std::uint8_t, 16> out{};
  for (std::size_t i = 0; i < 16; ++i) out[i] = static_cast<std::uint8_t>(f(static_cast<int>(i)));
  return out;
}
__m128i Load(const std::array<std::uint8_t, 16>& bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()));
}

constexpr unsigned kRow = (1u << kView) - 1;
constexpr int kNone = 0x80;  // pshufb writes 0
constexpr auto kKeep = Bytes([](int i) { return i; });
constexpr auto kReverse = Bytes([](int i) { return i % 8 == 7 ? kNone : i / 8 * 8 + 6 - i % 8; });  // 7 bytes of each half
constexpr auto kZip = Bytes([](int i) { return i / 2 + i % 2 * 8; });                               // the two halves interleaved
constexpr auto kTypeOf = Bytes([](int kind) { return Encode(static_cast<Cell>(kind))[0]; });
constexpr auto kStateOf = Bytes([](int kind) { return Encode(static_cast<Cell>(kind))[2]; });
constexpr auto kClear = Bytes([](int kind) { return SeeThrough(static_cast<Cell>(kind)) ? 0x80 : 0; });

// Byte b of output block `block` of two columns is byte b % 3 (type, colour, state) of their cell b / 3; halves hold 7 cells
// each.
constexpr std::array<std::uint8_t, 16> Scatter(int block, int plane) {
  return Bytes([=](int i) {
    const int byte = block * 16 + i, cell = byte / 3;
    return byte % 3 != plane || cell >= 2 * kView ? kNone : cell < kView ? cell : cell + 1;
  });
}
constexpr std::array<std::array<std::array<std::uint8_t, 16>, 3>, 3> kScatter = {{{Scatter(0, 0), Scatter(0, 1), Scatter(0, 2)},
                                                                                  {Scatter(1, 0), Scatter(1, 1), Scatter(1, 2)},
                                                                                  {Scatter(2, 0), Scatter(2, 1), Scatter(2, 2)}}};

// What is seen in sixteen views at once, a byte lane each. In: byte j of word v is row j of view v, bit i its column i, set if
// the cell can be seen through. Out: set if the cell is seen. The light goes from row to row as in LightAbove (observation.cc),
// which alone takes longer than all else, but sixteen take no longer than one.
constexpr std::size_t kAbreast = 16;

inline void Riffle(__m128i* r) {  // 128 bytes as a deck of cards: byte p goes to 2 p mod 127
  const __m128i a[] = {r[0], r[1], r[2], r[3]}, b[] = {r[4], r[5], r[6], r[7]};
  for (std::size_t k = 0; k < 4; ++k) {
    r[2 * k] = _mm_unpacklo_epi8(a[k], b[k]);
    r[2 * k + 1] = _mm_unpackhi_epi8(a[k], b[k]);
  }
}

inline void Light(std::uint64_t* words) {
  __m128i rows[8];
  for (std::size_t k = 0; k < 8; ++k) rows[k] = _mm_load_si128(reinterpret_cast<const __m128i*>(words) + k);
  for (int k = 0; k < 4; ++k) Riffle(rows);  // (view, row) to (row, view)
  const __m128i all = _mm_set1_epi8(kRow);
  __m128i lit = _mm_set1_epi8(1 << (kView / 2));
  for (std::size_t j = kView; j-- > 0;) {
    // The run of see-through cells around each lit one: to the left by a carry, to the right by doubling steps. Shifted words
    // bring bits of the lane beside into bits that `clear` and what follows from it do not have.
    const __m128i clear = _mm_and_si128(rows[j], all), seed = _mm_and_si128(lit, clear);
    const __m128i carried = _mm_and_si128(_mm_xor_si128(_mm_add_epi8(clear, seed), clear), clear);
    __m128i run = _mm_or_si128(seed, carried);
    run = _mm_or_si128(run, _mm_and_si128(clear, _mm_srli_epi16(run, 1)));
    const __m128i two = _mm_and_si128(clear, _mm_srli_epi16(clear, 1));
    run = _mm_or_si128(run, _mm_and_si128(two, _mm_srli_epi16(run, 2)));
    const __m128i four = _mm_and_si128(two, _mm_srli_epi16(two, 2));
    run = _mm_or_si128(run, _mm_and_si128(four, _mm_srli_epi16(run, 4)));
    const __m128i beside = _mm_or_si128(_mm_add_epi8(run, run), _mm_srli_epi16(run, 1));
    const __m128i above = _mm_and_si128(_mm_or_si128(run, beside), all);
    rows[j] = _mm_or_si128(lit, above);
    lit = above;
  }
  rows[kView] = _mm_setzero_si128();
  for (int k = 0; k < 3; ++k) Riffle(rows);  // and back
  for (std::size_t k = 0; k < 8; ++k) _mm_store_si128(reinterpret_cast<__m128i*>(words) + k, rows[k]);
}

// ---- SSE4.1, which every build for x86-64-v2 may use ----

struct Block {  // eight rows of eight bytes, two to a register
  __m128i pair[4];
};

Block Transpose(const Block& block) {
  const auto& rows = block.pair;
  const __m128i zip = Load(kZip);
  const __m128i a = _mm_shuffle_epi8(rows[0], zip), b = _mm_shuffle_epi8(rows[1], zip);
  const __m128i c = _mm_shuffle_epi8(rows[2], zip), d = _mm_shuffle_epi8(rows[3], zip);
  const __m128i ab0 = _mm_unpacklo_epi16(a, b), ab1 = _mm_unpackhi_epi16(a, b);
  const __m128i cd0 = _mm_unpacklo_epi16(c, d), cd1 = _mm_unpackhi_epi16(c, d);
  return {
      {_mm_unpacklo_epi32(ab0, cd0), _mm_unpackhi_epi32(ab0, cd0), _mm_unpacklo_epi32(ab1, cd1), _mm_unpackhi_epi32(ab1, cd1)}};
}

__m128i TwoWords(const void* low, const void* high) {
  const __m128i first = _mm_loadl_epi64(static_cast<const __m128i*>(low));
  return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(first), static_cast<const __m64*>(high)));
}

std::uint64_t Clear(const Block& rows) {
  const __m128i clear = Load(kClear), low = _mm_set1_epi8(15);
  std::uint64_t bits = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const int pair = _mm_movemask_epi8(_mm_shuffle_epi8(clear, _mm_and_si128(rows.pair[k], low)));
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(pair)) << 16 * k;
  }
  return bits;
}

constexpr auto kBit = Bytes([](int i) { return 1 << i % 8; });
constexpr auto kByteOfRow = Bytes([](int i) { return i / 8; });
void Hide(Block* rows, std::uint64_t seen) {
  const __m128i all = _mm_cvtsi64_si128(static_cast<long long>(seen)), bit = Load(kBit);
  for (std::size_t k = 0; k < 4; ++k) {
    const __m128i of_row = _mm_add_epi8(Load(kByteOfRow), _mm_set1_epi8(static_cast<char>(2 * k)));
    const __m128i mask = _mm_cmpeq_epi8(_mm_and_si128(_mm_shuffle_epi8(all, of_row), bit), bit);
    rows->pair[k] = _mm_and_si128(rows->pair[k], mask);
  }
}

// Upstream's codes of two columns (14 cells, 42 bytes), or of the one in the lower half (21 bytes).
void WriteColumns(__m128i cells, bool two, std::uint8_t* image) {
  const __m128i low = _mm_set1_epi8(15), kinds = _mm_and_si128(cells, low);
  const __m128i planes[] = {_mm_shuffle_epi8(Load(kTypeOf), kinds), _mm_and_si128(_mm_srli_epi16(cells, 4), low),
                            _mm_shuffle_epi8(Load(kStateOf), kinds)};
  const auto block = [&](std::size_t b) {
    return _mm_or_si128(
        _mm_or_si128(_mm_shuffle_epi8(planes[0], Load(kScatter[b][0])), _mm_shuffle_epi8(planes[1], Load(kScatter[b][1]))),
        _mm_shuffle_epi8(planes[2], Load(kScatter[b][2])));
  };
  const auto store = [](std::uint8_t* to, __m128i bytes) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes); };
  const __m128i first = block(0), second = block(1);
  store(image, first);
  if (two) {
    store(image + 16, second);
    store(image + 32, block(2));  // its last six bytes are overwritten by the next column
  } else {
    store(image + 5, _mm_alignr_epi8(second, first, 5));  // bytes 5 .. 20: nothing behind the image is touched
  }
}

[[gnu::always_inline]] inline Block ReadRows(const View& view, const ViewReader& reader) {
  const int direction = view.state->direction;
  const ViewReader::Window window = reader.window(direction);
  const std::uint8_t* const first = view.agent_cell + window.first;
  const auto word = [&](std::ptrdiff_t k) { return first + k * window.step; };
  const __m128i order = Load(Backward(direction) ? kReverse : kKeep);
  const Block words = {{_mm_shuffle_epi8(TwoWords(word(0), word(1)), order), _mm_shuffle_epi8(TwoWords(word(2), word(3)), order),
                        _mm_shuffle_epi8(TwoWords(word(4), word(5)), order),
                        _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(word(6))), order)}};
  // Directions are random, a branch on them would be mispredicted: transpose always, then select.
  const Block transposed = Transpose(words);
  const __m128i columns = _mm_set1_epi8(WordsAreColumns(direction) ? -1 : 0);
  Block rows;
  for (std::size_t k = 0; k < 4; ++k) rows.pair[k] = _mm_blendv_epi8(words.pair[k], transposed.pair[k], columns);
  return rows;
}

[[gnu::always_inline]] inline void WriteRows(Block rows, const View& view) {
  const Cell carrying = view.state->carrying;
  rows.pair[3] = _mm_insert_epi8(rows.pair[3], carrying != 0 ? carrying : kEmptyCell, kView / 2);
  const Block out = Transpose(rows);
  for (std::size_t k = 0; k < 4; ++k) WriteColumns(out.pair[k], k < 3, view.image + k * 2 * kView * 3);
}

void WriteImagesSse41(std::span<const View> views, const ViewReader& reader, bool see_through_walls) {
  if (see_through_walls) {
    for (const View& view : views) WriteRows(ReadRows(view, reader), view);
    return;
  }
  Block rows[kAbreast];
  alignas(16) std::uint64_t bits[kAbreast] = {};
  for (; !views.empty(); views = views.subspan(std::min(views.size(), kAbreast))) {
    const auto now = views.first(std::min(views.size(), kAbreast));
    for (std::size_t k = 0; k < now.size(); ++k) {
      rows[k] = ReadRows(now[k], reader);
      bits[k] = Clear(rows[k]);
    }
    Light(bits);
    for (std::size_t k = 0; k < now.size(); ++k) {
      Hide(&rows[k], bits[k]);
      WriteRows(rows[k], now[k]);
    }
  }
}

// ---- AVX2: the same, with twice the cells to a register ----

#define ROVE_AVX2 __attribute__((target("avx2")))

ROVE_AVX2 inline __m256i Twice(const std::array<std::uint8_t, 16>& bytes) { return _mm256_broadcastsi128_si256(Load(bytes)); }
ROVE_AVX2 inline __m256i Join(__m128i low, __m128i high) { return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1); }

struct Rows {  // eight rows of eight bytes, 0 to 3 and 4 to 7
  __m256i low, high;
};

constexpr auto kGather = Bytes([](int i) { return i / 8 * 4 + i % 8 / 4 * 2 + i % 4 / 2 * 8 + i % 2; });
ROVE_AVX2 inline Rows Transpose(const Rows& rows) {
  const __m256i even = _mm256_unpacklo_epi8(rows.low, rows.high);  // by half: rows 0 and 4, rows 2 and 6, cell by cell
  const __m256i odd = _mm256_unpackhi_epi8(rows.low, rows.high);   // rows 1 and 5, rows 3 and 7
  // By half, columns 0 to 3: rows 0, 1, 4, 5 of a column after the other; rows 2, 3, 6, 7. Then columns 4 to 7.
  const __m256i first = _mm256_unpacklo_epi8(even, odd), last = _mm256_unpackhi_epi8(even, odd);
  constexpr int kMiddleSwapped = 0xD8;
  const __m256i gather = Twice(kGather);
  return {_mm256_shuffle_epi8(_mm256_permute4x64_epi64(first, kMiddleSwapped), gather),
          _mm256_shuffle_epi8(_mm256_permute4x64_epi64(last, kMiddleSwapped), gather)};
}

ROVE_AVX2 inline std::uint64_t Clear(const Rows& rows) {
  const __m256i clear = Twice(kClear), low = _mm256_set1_epi8(15);
  const int first = _mm256_movemask_epi8(_mm256_shuffle_epi8(clear, _mm256_and_si256(rows.low, low)));
  const int last = _mm256_movemask_epi8(_mm256_shuffle_epi8(clear, _mm256_and_si256(rows.high, low)));
  return static_cast<std::uint32_t>(first) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(last)) << 32;
}

ROVE_AVX2 inline void Hide(Rows* rows, std::uint64_t seen) {
  const __m256i all = _mm256_set1_epi64x(static_cast<long long>(seen)), bit = Twice(kBit);
  const __m256i of_low = _mm256_add_epi8(Twice(kByteOfRow), Join(_mm_setzero_si128(), _mm_set1_epi8(2)));
  const __m256i of_high = _mm256_add_epi8(of_low, _mm256_set1_epi8(4));
  rows->low = _mm256_and_si256(rows->low, _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(all, of_low), bit), bit));
  rows->high = _mm256_and_si256(rows->high, _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(all, of_high), bit), bit));
}

ROVE_AVX2 inline __m256i CodesAvx2(const __m256i* planes, std::size_t block) {
  return _mm256_or_si256(_mm256_or_si256(_mm256_shuffle_epi8(planes[0], Twice(kScatter[block][0])),
                                         _mm256_shuffle_epi8(planes[1], Twice(kScatter[block][1]))),
                         _mm256_shuffle_epi8(planes[2], Twice(kScatter[block][2])));
}
ROVE_AVX2 inline void Store(std::uint8_t* to, __m128i bytes) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes); }

// Upstream's codes of columns 0 to 3, or of columns 4 to 6.
ROVE_AVX2 inline void WriteColumnsAvx2(__m256i cells, bool last, std::uint8_t* image) {
  const __m256i low = _mm256_set1_epi8(15), kinds = _mm256_and_si256(cells, low);
  const __m256i planes[] = {_mm256_shuffle_epi8(Twice(kTypeOf), kinds), _mm256_and_si256(_mm256_srli_epi16(cells, 4), low),
                            _mm256_shuffle_epi8(Twice(kStateOf), kinds)};
  const __m256i first = CodesAvx2(planes, 0), second = CodesAvx2(planes, 1), third = CodesAvx2(planes, 2);
  constexpr int kPair = 2 * kView * 3;
  Store(image, _mm256_castsi256_si128(first));
  Store(image + 16, _mm256_castsi256_si128(second));
  Store(image + 32, _mm256_castsi256_si128(third));  // its last six bytes are overwritten by what follows
  Store(image + kPair, _mm256_extracti128_si256(first, 1));
  if (last) {
    Store(image + kPair + 5, _mm256_extracti128_si256(_mm256_alignr_epi8(second, first, 5), 1));
  } else {
    Store(image + kPair + 16, _mm256_extracti128_si256(second, 1));
    Store(image + kPair + 32, _mm256_extracti128_si256(third, 1));
  }
}

ROVE_AVX2 inline Rows ReadRowsAvx2(const View& view, const ViewReader& reader) {
  const int direction = view.state->direction;
  const ViewReader::Window window = reader.window(direction);
  const std::uint8_t* const first = view.agent_cell + window.first;
  const std::ptrdiff_t step = window.step;
  const __m128i words01 = TwoWords(first, first + step), words23 = TwoWords(first + 2 * step, first + 3 * step);
  const __m128i words45 = TwoWords(first + 4 * step, first + 5 * step);
  const __m128i word6 = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(first + 6 * step));
  const __m256i order = Twice(Backward(direction) ? kReverse : kKeep);
  const Rows words = {_mm256_shuffle_epi8(Join(words01, words23), order), _mm256_shuffle_epi8(Join(words45, word6), order)};
  const Rows transposed = Transpose(words);
  const __m256i columns = _mm256_set1_epi8(WordsAreColumns(direction) ? -1 : 0);
  return {_mm256_blendv_epi8(words.low, transposed.low, columns), _mm256_blendv_epi8(words.high, transposed.high, columns)};
}

constexpr auto kAgentByte = Bytes([](int i) { return i == kView / 2 ? 0xFF : 0; });  // of row 6, which begins the upper half
ROVE_AVX2 inline void WriteRowsAvx2(Rows rows, const View& view) {
  const Cell carrying = view.state->carrying;
  const __m256i shown = _mm256_set1_epi8(static_cast<char>(carrying != 0 ? carrying : kEmptyCell));
  rows.high = _mm256_blendv_epi8(rows.high, shown, Join(_mm_setzero_si128(), Load(kAgentByte)));
  const Rows out = Transpose(rows);
  WriteColumnsAvx2(out.low, false, view.image);
  WriteColumnsAvx2(out.high, true, view.image + 4 * kView * 3);
}

ROVE_AVX2 void WriteImagesAvx2(std::span<const View> views, const ViewReader& reader, bool see_through_walls) {
  if (see_through_walls) {
    for (const View& view : views) WriteRowsAvx2(ReadRowsAvx2(view, reader), view);
    return;
  }
  Rows rows[kAbreast];
  alignas(16) std::uint64_t bits[kAbreast] = {};
  for (; !views.empty(); views = views.subspan(std::min(views.size(), kAbreast))) {
    const auto now = views.first(std::min(views.size(), kAbreast));
    for (std::size_t k = 0; k < now.size(); ++k) {
      rows[k] = ReadRowsAvx2(now[k], reader);
      bits[k] = Clear(rows[k]);
    }
    Light(bits);
    for (std::size_t k = 0; k < now.size(); ++k) {
      Hide(&rows[k], bits[k]);
      WriteRowsAvx2(rows[k], now[k]);
    }
  }
}

}  // namespace

std::vector<ImagePath> RegisterImagePaths() {
  std::vector<ImagePath> paths = {{"SSE4.1", WriteImagesSse41}};
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) paths.push_back({"AVX2", WriteImagesAvx2});
  return paths;
}

#else

std::vector<ImagePath> RegisterImagePaths() { return {}; }

#endif

}  // namespace rove::minigrid
