#include "cli/verify_minigrid.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "cli/line_reader.h"
#include "cli/single_env.h"
#include "core/error.h"
#include "core/file.h"
#include "envs/inspectable.h"
#include "envs/registry.h"

namespace rove {
namespace {

using Json = nlohmann::json;

std::string Base64(const std::string& bytes) {
  using namespace boost::archive::iterators;
  using Iterator = base64_from_binary<transform_width<std::string::const_iterator, 6, 8>>;
  std::string out(Iterator(bytes.begin()), Iterator(bytes.end()));
  out.append((3 - bytes.size() % 3) % 3, '=');
  return out;
}

// zlib level 9, as Python's zlib.compress(data, 9) gives it.
std::string Compress(const std::vector<std::uint8_t>& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  ROVE_CHECK_EQ(compress2(reinterpret_cast<Bytef*>(out.data()), &size, bytes.data(), bytes.size(), Z_BEST_COMPRESSION), Z_OK);
  out.resize(size);
  return out;
}

__extension__ using U128 = unsigned __int128;
std::string Decimal(U128 value) {
  std::string digits;
  do digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  while ((value /= 10) != 0);
  return digits;
}

Json RngJson(const Pcg64::State& s) { return {Decimal(s.state), Decimal(s.inc), s.has_half, s.half}; }

// One environment, in the recorder's terms.
class Player {
 public:
  explicit Player(const std::string& id) : Player(Config::Parse("type: " + id)) {}
  explicit Player(const Config& config)
      : env_(Envs().Create(config, {.num_envs = 1})),
        image_(FindColumn(env_.env().spec().obs, "image")),
        direction_(FindColumn(env_.env().spec().obs, "direction")) {}
  bool comparable() const { return inspectable() != nullptr && image_ >= 0 && direction_ >= 0; }

  void Reset(std::optional<Seed> seed) { env_.Reset(seed); }
  void Step(std::int32_t action) { env_.Step({&action, DType::kI32, Shape{1}}); }
  GridState state() const { return inspectable()->Inspect(0); }
  bool ended() const { return end() != 0; }
  double reward() const { return env_.reward(); }
  int end() const { return env_.end(); }
  std::uint32_t ImageCrc(std::uint32_t crc = 0) const { return Crc32(Bytes(image_), crc); }

  // What the recorder folds into its running CRC after a reset, and after a step.
  std::uint32_t FoldReset(std::uint32_t crc) const { return Crc32(state().mission, FoldView(crc)); }
  std::uint32_t FoldStep(std::uint32_t crc) const { return FoldEnd(FoldView(crc)); }
  // The same with one column in place of the view.
  std::uint32_t FoldColumn(const std::string& name, std::uint32_t crc) const {
    const int column = FindColumn(env_.env().spec().obs, name);
    if (column < 0) throw UserError("there is no column \"" + OneLine(name) + "\"");
    return Crc32(Bytes(column), crc);
  }
  std::uint32_t FoldEnd(std::uint32_t crc) const {
    const double paid = reward();
    char reward[8];
    std::memcpy(reward, &paid, sizeof reward);
    const char flags[] = {static_cast<char>((end() & kTerminated) != 0), static_cast<char>((end() & kTruncated) != 0)};
    return Crc32({flags, 2}, Crc32({reward, 8}, crc));
  }
  // The recorder's row of a state: its keys in this order are sorted, as nlohmann prints them.
  Json StateRow() const {
    const GridState s = state();
    Json carrying = nullptr;
    if (s.carrying) carrying = *s.carrying;
    Json box = Json::array();
    for (const auto& content : s.box) box.push_back(content);
    return {{"w", s.width},      {"h", s.height},        {"grid", Base64(Compress(s.grid))}, {"box", box},
            {"agent", s.agent},  {"mission", s.mission}, {"max_steps", s.max_steps},         {"carrying", carrying},
            {"obs", ImageCrc()}, {"rng", RngJson(s.rng)}};
  }

 private:
  const GridInspectable* inspectable() const { return dynamic_cast<const GridInspectable*>(&env_.env()); }
  std::string_view Bytes(int column) const {
    const ConstTensorView view = env_.obs(column);
    return {static_cast<const char*>(view.data), view.bytes()};
  }
  std::uint32_t FoldView(std::uint32_t crc) const {
    const char direction = static_cast<char>(env_.obs(direction_).As<std::int32_t>()[0]);
    return Crc32({&direction, 1}, ImageCrc(crc));
  }

  SingleEnv env_;
  int image_, direction_;
};

// Compares a row; returns "" or what differs first.
std::string Differs(const Json& mine, const Json& recorded, const std::string& place) {
  for (const auto& [field, value] : mine.items()) {
    if (recorded.at(field) == value) continue;
    const auto show = [](const Json& j) { return j.dump().substr(0, 80); };
    return fmt::format("{}{} is {}, recorded {}", place, field, show(value), show(recorded.at(field)));
  }
  return "";
}

std::string CompareReset(const Json& row) {
  Player player(row.at("id").get<std::string>());
  player.Reset(row.at("seed").get<Seed>());
  return Differs(player.StateRow(), row, "");
}

std::string CompareReuse(const Json& row) {
  Player player(row.at("id").get<std::string>());
  const Seed seed = row.at("seed");
  const std::optional<Seed> seeds[] = {seed, std::nullopt, std::nullopt, seed + 1};
  for (std::size_t k = 0; k < std::size(seeds); ++k) {
    player.Reset(seeds[k]);
    const std::string place = fmt::format("reset {}: ", k);
    const Json mine = player.StateRow();
    if (k == 3) {
      if (std::string what = Differs(mine, row.at("last"), place); !what.empty()) return what;
    }
    const std::uint32_t crc = Crc32(mine.dump());
    if (crc != row.at("row_crc").at(k))
      return fmt::format("{}row_crc is {}, recorded {}", place, crc, row.at("row_crc").at(k).dump());
  }
  return "";
}

// fold_reset, fold_step: how a reset and a step enter the running CRC.
template <class FoldReset, class FoldStep>
std::string ComparePlay(Player& player, const Json& row, const FoldReset& fold_reset, const FoldStep& fold_step) {
  player.Reset(row.at("seed").get<Seed>());
  const auto hex = [](std::uint32_t crc) { return fmt::format("{:08x}", crc); };
  std::uint32_t crc = fold_reset(0);
  if (hex(crc) != row.at("first"))
    return fmt::format("reset: crc is {}, recorded {}", hex(crc), row.at("first").get<std::string>());
  const std::string actions = row.at("actions"), recorded = row.at("crc");
  const Json& ends = row.at("ends");
  const std::size_t every = std::max<std::size_t>(row.value("crc_every", std::size_t{1}), 1);
  if (recorded.size() != 8 * ((actions.size() + every - 1) / every))
    throw UserError("a rollout with " + std::to_string(actions.size()) + " actions lacks crc digits");
  double total = 0;
  std::size_t next_end = 0;
  for (std::size_t t = 0; t < actions.size(); ++t) {
    player.Step(actions[t] - '0');
    total += player.reward();
    crc = fold_step(crc);
    if (player.ended()) {
      const Json end = {t, player.reward(), (player.end() & kTerminated) != 0 ? 1 : 0, (player.end() & kTruncated) != 0 ? 1 : 0};
      if (next_end >= ends.size() || end != ends[next_end])
        return fmt::format("step {}: end is {}, recorded otherwise", t, end.dump());
      ++next_end;
      player.Step(0);  // the autoreset; its action is ignored
      crc = fold_reset(crc);
    }
    if ((t + 1) % every != 0 && t + 1 != actions.size()) continue;
    if (const std::string want = recorded.substr(t / every * 8, 8); hex(crc) != want)
      return fmt::format("step {}: crc is {}, recorded {}", t, hex(crc), want);
  }
  if (next_end != ends.size()) return fmt::format("{} episodes ended, recorded {}", next_end, ends.size());
  if (total != row.at("total").get<double>()) return fmt::format("total is {}, recorded {}", total, row.at("total").dump());
  return Differs({{"rng", RngJson(player.state().rng)}}, row, "after the last step: ");
}

std::string CompareRollout(const Json& row) {
  Player player(row.at("id").get<std::string>());
  return ComparePlay(
      player, row, [&](std::uint32_t crc) { return player.FoldReset(crc); },
      [&](std::uint32_t crc) { return player.FoldStep(crc); });
}

// One of upstream's wrappers, or several: `env` is the environment's config, `column` what is compared.
std::string CompareWrapped(const Json& row) {
  const std::string config = row.at("env"), column = row.at("column");
  Player player(Config::Parse(config, "env"));
  const auto differs = ComparePlay(
      player, row, [&](std::uint32_t crc) { return player.FoldColumn(column, crc); },
      [&](std::uint32_t crc) { return player.FoldEnd(player.FoldColumn(column, crc)); });
  return differs.empty() ? differs : OneLine(config) + ", " + column + ", " + differs;
}

}  // namespace

VerifySummary VerifyMinigrid(const std::string& path) {
  struct Comparison {
    const char* kind;
    std::string (*compare)(const Json& row);
  };
  constexpr Comparison kComparisons[] = {
      {"reset", CompareReset}, {"reuse", CompareReuse}, {"rollout", CompareRollout}, {"wrapped", CompareWrapped}};
  VerifySummary out;
  std::set<std::string> known, skipped;
  const auto has = [](const std::string& id) {
    const auto names = Envs().Names();
    return std::find(names.begin(), names.end(), id) != names.end() && Player(id).comparable();
  };
  LineReader reader(path);
  for (std::string line; reader.Next(&line);) {
    try {
      const Json row = Json::parse(line);
      const std::string kind = row.at("kind");
      if (kind == "meta") continue;
      if (kind == "hang") {
        ++out.hangs;
        continue;
      }
      std::size_t k = 0;
      while (k < std::size(kComparisons) && kind != kComparisons[k].kind) ++k;
      if (k == std::size(kComparisons)) throw UserError("unknown row kind \"" + OneLine(kind) + "\"");
      const std::string id = row.at("id");
      if (!known.contains(id) && !skipped.contains(id)) (has(id) ? known : skipped).insert(id);
      VerifySummary::Count& count = out.rows[k];
      if (skipped.contains(id)) {
        ++count.skipped;
        continue;
      }
      ++count.compared;
      const std::string what = kComparisons[k].compare(row);
      if (what.empty()) continue;
      ++count.mismatched;
      if (!out.first_mismatch) out.first_mismatch = fmt::format("{} seed {}, {}, {}", id, row.at("seed").dump(), kind, what);
    } catch (const Json::exception& error) {
      throw UserError(fmt::format("{}: not a recorded trace: {}", reader.place(), OneLine(error.what())));
    } catch (const Error& error) {
      throw UserError(fmt::format("{}: {}", reader.place(), error.what()));
    }
  }
  out.ids = static_cast<int>(known.size());
  out.skipped_ids = static_cast<int>(skipped.size());
  return out;
}

std::string Report(const VerifySummary& summary) {
  std::string text = "row kind   compared  mismatches  skipped\n";
  const char* const names[] = {"reset", "reuse", "rollout", "wrapped"};
  int mismatched = 0;
  for (std::size_t k = 0; k < VerifySummary::kNumKinds; ++k) {
    const auto& row = summary.rows[k];
    if (k == VerifySummary::kWrapped && row.compared + row.skipped == 0) continue;  // a file of its own
    text += fmt::format("{:<10} {:>8}  {:>10}  {:>7}\n", names[k], row.compared, row.mismatched, row.skipped);
    mismatched += row.mismatched;
  }
  text += fmt::format("{} ids compared, {} ids of the file are not in this program, {} rows mark a hang of the reference\n",
                      summary.ids, summary.skipped_ids, summary.hangs);
  if (summary.first_mismatch)
    text += fmt::format("first mismatch: {}\n{} of {} rows differ\n", *summary.first_mismatch, mismatched, summary.compared());
  else if (summary.compared() == 0)
    text += "nothing was compared\n";
  else
    text += fmt::format("all {} rows match\n", summary.compared());
  return text;
}

}  // namespace rove
