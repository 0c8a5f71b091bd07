// One thread per core that takes part in the work of whoever calls: `share` gives out the numbers 0 … count − 1, each to one thread.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <sched.h>

namespace lab {

class Crew {
 public:
  // Never destroyed: its threads may still wait when the process ends.
  static Crew& here() {
    static Crew* crew = new Crew();
    return *crew;
  }

  int size() const { return helpers_ + 1; }

  // Calls work(i) once for every i < count and returns when all are done. A caller that finds the crew at work does it alone.
  template <class Work>
  void share(int count, const Work& work) {
    std::unique_lock<std::mutex> mine(busy_, std::try_to_lock);
    if (helpers_ == 0 || count < 2 || !mine.owns_lock()) {
      for (int i = 0; i < count; i++) work(i);
      return;
    }
    call_ = [](const void* work, int i) { (*static_cast<const Work*>(work))(i); };
    work_ = &work;
    count_ = count;
    next_.store(0);
    open_.store(true);
    calls_.fetch_add(1);
    if (asleep_.load() > 0) {
      std::lock_guard<std::mutex> guard(sleep_);
      wake_.notify_all();
    }
    take();
    open_.store(false);
    // Whoever came in before it closed is still at work; whoever comes later finds it closed.
    for (int spins = 0; inside_.load() > 0; spins++) rest(spins);
  }

 private:
  Crew() {
    const char* limit = std::getenv("LAB_THREADS");
    int threads = limit != nullptr && std::atoi(limit) > 0 ? std::atoi(limit) : static_cast<int>(std::thread::hardware_concurrency());
    helpers_ = threads > 1 ? threads - 1 : 0;
    for (int i = 0; i < helpers_; i++) std::thread([this] { help(); }).detach();
  }

  static void rest(int spins) {
    if (spins % 64 < 63) __builtin_ia32_pause();
    else sched_yield();
  }

  void take() {
    for (int i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) call_(work_, i);
  }

  void help() {
    for (uint64_t seen = 0;;) {
      // Steps follow each other closely: to be awake for the next is worth a millisecond of turning, in which others may have the core.
      for (int spins = 0; calls_.load() == seen && spins < SPINS; spins++) rest(spins);
      if (calls_.load() == seen) {
        std::unique_lock<std::mutex> guard(sleep_);
        asleep_.fetch_add(1);
        wake_.wait(guard, [&] { return calls_.load() != seen; });
        asleep_.fetch_sub(1);
      }
      seen = calls_.load();
      inside_.fetch_add(1);
      if (open_.load()) take();
      inside_.fetch_sub(1);
    }
  }

  static constexpr int SPINS = 20000;
  int helpers_ = 0;
  std::mutex busy_, sleep_;
  std::condition_variable wake_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<int> next_{0}, inside_{0}, asleep_{0};
  std::atomic<bool> open_{false};
  void (*call_)(const void*, int) = nullptr;
  const void* work_ = nullptr;
  int count_ = 0;
};

}  // namespace lab
