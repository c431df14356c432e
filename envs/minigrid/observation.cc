#include "envs/minigrid/observation.h"

#include <algorithm>
#include <vector>

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

namespace rove::minigrid {
namespace {

constexpr unsigned kRow = (1u << kView) - 1;

// process_vis lights one view row at a time, from the agent's upward. `lit`: lit cells of the row so far, `clear`: its
// see-through cells; bit i is view column i. Upstream sweeps to the right, then to the left, and each lit see-through cell lights
// its neighbour in the sweep and the two above. After both sweeps every run of see-through cells that held a lit one is lit, with
// the cells beside it; and the run and the cells beside it are what is lit above. So the row's lit cells are lit | LightAbove.
std::uint8_t LightAbove(unsigned clear, unsigned lit) {
  unsigned run = lit & clear;
  for (int i = 1; i < kView; ++i) run |= (run << 1 | run >> 1) & clear;
  return static_cast<std::uint8_t>((run | run << 1 | run >> 1) & kRow);
}

const std::vector<std::uint8_t>& LightsAbove() {  // indexed by clear << 7 | lit
  static const std::vector<std::uint8_t> table = [] {
    std::vector<std::uint8_t> t;
    for (unsigned clear = 0; clear <= kRow; ++clear) {
      for (unsigned lit = 0; lit <= kRow; ++lit) t.push_back(LightAbove(clear, lit));
    }
    return t;
  }();
  return table;
}

// Eight bytes of 0xFF or 0x00, one for each bit of a row mask.
constexpr std::array<std::uint64_t, 128> kByteMask = [] {
  std::array<std::uint64_t, 128> masks{};
  for (unsigned bits = 0; bits < masks.size(); ++bits) {
    for (unsigned i = 0; i < kView; ++i) {
      if (bits >> i & 1) masks[bits] |= 0xFFull << (8 * i);
    }
  }
  return masks;
}();

bool Backward(int direction) { return direction == 1 || direction == 2; }
bool WordsAreColumns(int direction) { return direction == 1 || direction == 3; }

}  // namespace

ViewReader::ViewReader(const Layout& layout) {
  constexpr int kHalf = kView / 2, kFar = kView - 1;
  const int stride = layout.stride();
  windows_ = {{{kFar * stride - kHalf, -stride},
               {kHalf * stride, -stride},
               {-kFar * stride - kHalf, stride},
               {-kHalf * stride - kFar, stride}}};
}

void WriteImagePlain(const State& state, const ViewReader& reader, const std::uint8_t* agent_cell, bool see_through_walls,
                     std::uint8_t* image) {
  const ViewReader::Window window = reader.window(state.direction);
  std::array<std::array<Cell, kView>, kView> view;  // [row][column]
  for (std::size_t word = 0; word < kView; ++word) {
    for (std::size_t byte = 0; byte < kView; ++byte) {
      const std::size_t at = Backward(state.direction) ? kView - 1 - byte : byte;
      const Cell cell = agent_cell[window.first + static_cast<std::int32_t>(word) * window.step + static_cast<std::int32_t>(at)];
      (WordsAreColumns(state.direction) ? view[byte][word] : view[word][byte]) = cell;
    }
  }
  if (!see_through_walls) {
    unsigned lit = 1u << (kView / 2);
    for (std::size_t j = kView; j-- > 0;) {
      unsigned clear = 0;
      for (std::size_t i = 0; i < kView; ++i) clear |= static_cast<unsigned>(SeeThrough(view[j][i])) << i;
      const unsigned above = LightAbove(clear, lit);
      for (std::size_t i = 0; i < kView; ++i) {
        if (!((lit | above) >> i & 1)) view[j][i] = kUnseenCell;
      }
      lit = above;
    }
  }
  view[kView - 1][kView / 2] = state.carrying != 0 ? state.carrying : kEmptyCell;
  for (std::size_t i = 0; i < kView; ++i) {
    for (std::size_t j = 0; j < kView; ++j) {
      const auto code = Encode(view[j][i]);
      image = std::copy(code.begin(), code.end(), image);
    }
  }
}

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

void Occlude(Block* rows) {
  static const std::uint8_t* const lights = LightsAbove().data();
  const __m128i clear = Load(kClear), low = _mm_set1_epi8(15);
  std::array<unsigned, 8> clear_bits;
  for (std::size_t k = 0; k < 4; ++k) {
    const auto bits = static_cast<unsigned>(_mm_movemask_epi8(_mm_shuffle_epi8(clear, _mm_and_si128(rows->pair[k], low))));
    clear_bits[2 * k] = bits & kRow;
    clear_bits[2 * k + 1] = bits >> 8 & kRow;
  }
  unsigned lit = 1u << (kView / 2);
  std::array<unsigned, 8> seen;
  seen[kView] = 0;
  for (std::size_t j = kView; j-- > 0;) {
    const unsigned above = lights[clear_bits[j] << kView | lit];
    seen[j] = lit | above;
    lit = above;
  }
  for (std::size_t k = 0; k < 4; ++k) {
    rows->pair[k] = _mm_and_si128(rows->pair[k], TwoWords(&kByteMask[seen[2 * k]], &kByteMask[seen[2 * k + 1]]));
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

}  // namespace

void WriteImage(const State& state, const ViewReader& reader, const std::uint8_t* agent_cell, bool see_through_walls,
                std::uint8_t* image) {
  const ViewReader::Window window = reader.window(state.direction);
  const std::uint8_t* const first = agent_cell + window.first;
  const auto word = [&](int k) { return first + k * window.step; };
  const __m128i order = Load(Backward(state.direction) ? kReverse : kKeep);
  const Block words = {{_mm_shuffle_epi8(TwoWords(word(0), word(1)), order), _mm_shuffle_epi8(TwoWords(word(2), word(3)), order),
                        _mm_shuffle_epi8(TwoWords(word(4), word(5)), order),
                        _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(word(6))), order)}};
  // Directions are random, a branch on them would be mispredicted: transpose always, then select.
  const Block transposed = Transpose(words);
  const __m128i columns = _mm_set1_epi8(WordsAreColumns(state.direction) ? -1 : 0);
  Block rows;
  for (std::size_t k = 0; k < 4; ++k) rows.pair[k] = _mm_blendv_epi8(words.pair[k], transposed.pair[k], columns);
  if (!see_through_walls) Occlude(&rows);
  rows.pair[3] = _mm_insert_epi8(rows.pair[3], state.carrying != 0 ? state.carrying : kEmptyCell, kView / 2);
  const Block out = Transpose(rows);
  for (std::size_t k = 0; k < 4; ++k) WriteColumns(out.pair[k], k < 3, image + k * 2 * kView * 3);
}

#else

void WriteImage(const State& state, const ViewReader& reader, const std::uint8_t* agent_cell, bool see_through_walls,
                std::uint8_t* image) {
  WriteImagePlain(state, reader, agent_cell, see_through_walls, image);
}

#endif

}  // namespace rove::minigrid
