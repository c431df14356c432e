#include "envs/minigrid/babyai/episode.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

namespace rove::minigrid {
namespace {

// What a clause's verdict depends on, after the step.
struct Scene {
  Play& play;
  int action;
  Point front;
};

template <class Test>
bool AnyOf(std::uint64_t things, const Test& test) {
  for (; things != 0; things &= things - 1) {
    if (test(static_cast<std::size_t>(std::countr_zero(things)))) return true;
  }
  return false;
}

Verdict Judge(Episode& e, std::size_t clause, const Scene& scene) {
  const auto [verb, strict, what, next_to] = e.instruction.clauses[clause];
  const std::uint8_t hand_before = std::exchange(e.hand_before[clause], e.in_hand);
  const bool full_hand = e.in_hand != kEmptyHand;
  const auto& meant = e.meant[clause];
  switch (verb) {
    case Verb::kGoTo:
      return AnyOf(meant[0], [&](std::size_t k) { return Point(e.noted[k]) == scene.front; }) ? Verdict::kSuccess
                                                                                              : Verdict::kGoOn;
    case Verb::kOpen: {
      if (scene.action != kToggle) return Verdict::kGoOn;
      const Cell cell = scene.play.Get(scene.front);
      if (KindOf(cell) == kDoorOpen && AnyOf(meant[0], [&](std::size_t k) { return Point(e.at[k]) == scene.front; }))
        return Verdict::kSuccess;
      return strict && IsDoor(cell) ? Verdict::kFailure : Verdict::kGoOn;
    }
    case Verb::kPickUp:
      if (scene.action != kPickUp) return Verdict::kGoOn;
      if (hand_before == kEmptyHand && e.in_hand < kMaxThings && (meant[0] >> e.in_hand & 1)) return Verdict::kSuccess;
      return strict && full_hand ? Verdict::kFailure : Verdict::kGoOn;
    case Verb::kPutNext: {
      if (strict && scene.action == kPickUp && full_hand) return Verdict::kFailure;
      if (scene.action != kDrop || hand_before >= kMaxThings || !(meant[0] >> hand_before & 1)) return Verdict::kGoOn;
      const Spot put = e.at[hand_before];
      const auto beside = [&](std::size_t k) { return std::abs(put.x - e.noted[k].x) + std::abs(put.y - e.noted[k].y) == 1; };
      return AnyOf(meant[1], beside) ? Verdict::kSuccess : Verdict::kGoOn;
    }
  }
  return Verdict::kGoOn;
}

// A part with two clauses ends when both are done, in any order; neither can fail it.
Verdict JudgePart(Episode& e, std::size_t part, const Scene& scene) {
  const std::size_t first = part == 0 ? 0 : e.instruction.size[0], end = first + e.instruction.size[part];
  if (end == first + 1) return Judge(e, first, scene);
  bool all = true;
  for (std::size_t k = first; k < end; ++k) {
    e.done[k] = e.done[k] || Judge(e, k, scene) == Verdict::kSuccess;
    all = all && e.done[k];
  }
  return all ? Verdict::kSuccess : Verdict::kGoOn;
}

Verdict JudgeAll(Episode& e, const Scene& scene) {
  if (e.instruction.order == Order::kSingle) return JudgePart(e, 0, scene);
  const std::size_t first = e.instruction.order == Order::kBefore ? 0 : 1;
  if (!e.first_part_done) {
    const Verdict verdict = JudgePart(e, first, scene);
    if (verdict != Verdict::kSuccess) return verdict;
    e.first_part_done = true;  // and the same step may complete the other
  }
  return JudgePart(e, 1 - first, scene);
}

}  // namespace

void Episode::Clear() {
  const auto kept = locked_room;
  static_assert(std::is_trivially_copyable_v<Episode>);
  std::memset(static_cast<void*>(this), 0, sizeof *this);  // padding too
  locked_room = kept;
  in_hand = starts_in_hand = kEmptyHand;
}

int Episode::ThingAt(Point cell) const {
  int k = 0;
  while (k < num_things && !(Point(at[static_cast<std::size_t>(k)]) == cell)) ++k;
  return k;
}

Verdict Follow(Episode& e, Play& play, int action) {
  const Point front = play.front();
  const Cell hand = play.state().carrying, before = play.Get(front);
  play.Base(action);
  if (play.state().carrying != hand) {
    if (hand == 0) {
      const int thing = e.ThingAt(front);
      e.in_hand = thing < e.num_things ? static_cast<std::uint8_t>(thing) : kNamelessInHand;
      if (thing < e.num_things) e.at[static_cast<std::size_t>(thing)] = kNowhere;
    } else {
      if (e.in_hand < kMaxThings) e.at[e.in_hand] = ToSpot(front);
      e.in_hand = kEmptyHand;
    }
  } else if (action == kToggle && KindOf(before) == kBox) {
    if (const int box = e.ThingAt(front); box < e.num_things) e.at[static_cast<std::size_t>(box)] = kNowhere;
  }
  if (action == kDrop) e.noted = e.at;
  return JudgeAll(e, {play, action, play.front()});
}

}  // namespace rove::minigrid
