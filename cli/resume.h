// What a resumed run may change. A run is a function of its config, so only keys that cannot change a learned number may differ
// from RUN/config.yaml, and run.frames, which says when to stop.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rove {

// Leaves of a YAML text by path: {"run.seed": "1", "rewards[0].weight": "0.005"}. Throws Error(kUser), naming `origin`, if it is
// none.
std::map<std::string, std::string> Leaves(const std::string& yaml, const std::string& origin = "config");

// run.frames, run.threads, run.folder and all of log, evaluation and checkpoint: what leaves every learned number as it is, up to
// the frames reached.
bool MayChangeOnResume(std::string_view path);

// run.seed, run.threads, run.folder and all of log and checkpoint: what runs of one arm may differ in.
bool IsSeedOrPlace(std::string_view path);

// CRC-32, 8 hex digits, of the leaves that a resume may not change; equal for runs that compute the same.
std::string ConfigHash(const std::map<std::string, std::string>& leaves);
std::string ConfigHash(const std::string& resolved);

// Compares the config of a run folder with the one asked for. Throws Error(kUser) naming the first key that may not change.
// Returns one line that states a changed run.frames, else "".
std::string CheckResume(const std::string& folder, const std::string& stored, const std::string& asked);

// Keys of `asked` that `stored` does not have, of those that may not change: what a later build added, or a user.
std::vector<std::string> MissingKeys(const std::string& folder, const std::string& stored, const std::string& asked);

}  // namespace rove
