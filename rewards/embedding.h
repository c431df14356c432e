// What icm, ride, e3b and ngu share: an embedding phi of observations that inverse dynamics learn (nn/inverse_dynamics.h), its
// inputs and its training.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/config.h"
#include "rewards/obs_rows.h"
#include "rewards/reward_module.h"

namespace rove {

struct EmbeddingOptions {
  std::string purpose;                       // the bonus's name: its networks' seed is that of (run, purpose)
  bool predicts = false;                     // there is a forward model
  bool norm = false;                         // ||h - phi(x')|| instead of half its square, in its loss and in ForwardErrors
  float inverse_coef = 1, forward_coef = 1;  // defaults of these keys
};

// phi of every observation of a slot or batch.
struct Embedded {
  ObsRows obs;
  std::size_t features = 0;
  std::vector<float> phi;                                        // [obs.rows(), features]
  std::span<const float> operator[](std::size_t number) const {  // of obs[t], column i; number = t n + i, 0 <= t <= T
    return std::span(phi).subspan(obs.at(number) * features, features);
  }
};

class Embedding {
 public:
  // Reads the keys of nn::WhitenedInputs, nn::ReadDynamics and MinibatchOptions. Throws Error(kUser).
  Embedding(const Config& config, const RewardDeps& deps, const EmbeddingOptions& options);
  ~Embedding();

  Embedded Fresh(const RolloutView& rollout);  // as ReadFresh
  Embedded Batch(const SequenceView& batch) const;

  // Error of the forward model at row (t, i): out[t n + i], live rows only.
  void ForwardErrors(const SequenceView& rows, const Embedded& embedded, std::span<float> out) const;

  // On the live rows of a batch, in minibatches. Metrics: inverse_loss, inverse_accuracy (discrete actions), forward_loss.
  Metrics Train(const BatchView& batch, const Noise& noise);

  nn::WhitenedInputs& inputs();  // for another network on the same rows
  std::size_t features() const;
  void Serialize(Archive& ar);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace rove
