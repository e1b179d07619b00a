// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/store_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/store_frames.hpp"
#include "util/own_process.hpp"

namespace wakepath::recorder {

namespace {

// One round of a capture, 20 ms, brings less.
constexpr int kChannelBytes = 4 << 20;

bool read_all(int from, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::read(from, out.data(), out.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

void write_all(int to, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(to, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put <= 0) {
      return;  // the capture has ended: nobody wants to know
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

// False: the frame is none of ours.
bool obey(const FrameHead& head, Bytes payload, DumpFiles& files) {
  switch (head.kind) {
    case FrameKind::begin:
    case FrameKind::end: {
      const auto reason = reason_in(payload);
      if (reason && head.kind == FrameKind::begin) {
        files.begin(*reason);
      } else if (reason) {
        files.end(*reason);
      }
      return reason.has_value();
    }
    case FrameKind::records:
      files.records(payload);
      return true;
    case FrameKind::chunk: {
      auto chunk = chunk_in(payload);
      if (!chunk) {
        return false;
      }
      files.chunk(std::make_shared<const StreamChunk>(*std::move(chunk)));
      return true;
    }
    case FrameKind::news:
      break;
  }
  return false;
}

// False: it got what it can't read.
bool obey_until_end(int channel, DumpFiles& files) {
  FrameHead head{};
  std::vector<std::byte> payload;
  while (read_all(channel, std::as_writable_bytes(std::span(&head, 1))) &&
         head.bytes <= kMostFrameBytes) {
    payload.resize(head.bytes);
    if (!read_all(channel, payload) || !obey(head, payload, files)) {
      return false;
    }
  }
  return true;
}

[[noreturn]] void be_the_store(int channel, const StoreProcess::Options& options,
                               std::optional<HookProcess> hook,
                               const std::function<void()>& begin) {
  leave_signals_to_parent();
  ::prctl(PR_SET_NAME, "wakepath-store", 0, 0, 0);
  close_all_but(std::array{channel, hook ? hook->descriptor() : channel});
  begin();
  bool whole = false;
  {
    const auto tell = [channel](const StoreNews& news) { write_all(channel, frame_of(news)); };
    const auto kept = [&](const std::string& path, const DumpReason& reason) {
      if (hook && !hook->run(path, reason)) {
        tell({StoreNews::Kind::no_hook, path,
              "its --exec was not run: 16 wait already, or its path is too long", 0, 0, 0});
      }
    };
    DumpFiles files(options.directory, KeptList(options.most_files, options.most_bytes), tell,
                    kept);
    whole = obey_until_end(channel, files);
  }
  ::_exit(whole ? 0 : 1);
}

}  // namespace

Result<std::unique_ptr<StoreProcess>> StoreProcess::start(const Options& options,
                                                          std::optional<HookProcess> hook,
                                                          const std::function<void()>& begin) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorKind::bug, "no socket can be made for the recorder");
  }
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  // Root alone may have so much; without it the chunks wait a little longer.
  if (::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kChannelBytes, sizeof(kChannelBytes)) !=
      0) {
    ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &kChannelBytes, sizeof(kChannelBytes));
  }
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(ErrorKind::bug, "no process of our own can be made for the recorder (fork)");
  }
  if (pid == 0) {
    ours.reset();
    be_the_store(theirs.get(), options, std::move(hook), begin);
  }
  return std::unique_ptr<StoreProcess>(
      new StoreProcess(pid, std::move(ours), options.most_waiting_bytes));
}

StoreProcess::~StoreProcess() {
  channel_.reset();
  while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void StoreProcess::queue(std::vector<std::byte> frame) {
  waiting_bytes_ += frame.size();
  waiting_.push_back({std::move(frame), nullptr});
}

void StoreProcess::begin(const DumpReason& reason) {
  cut_ = false;
  refused_ = waiting_bytes_ > most_waiting_;
  if (refused_) {
    own_news_.push_back({StoreNews::Kind::failed, file_name_of(reason),
                         "too much waits for the disk already", 0, 0, reason.number});
  } else {
    queue(frame_of(FrameKind::begin, reason));
  }
}

void StoreProcess::records(Bytes records) {
  if (!refused_) {
    queue(frame_of(FrameKind::records, records));
  }
}

void StoreProcess::chunk(const StreamChunkPtr& chunk) {
  cut_ = cut_ || refused_ || waiting_bytes_ + chunk->bytes() > most_waiting_;
  if (!cut_) {
    waiting_bytes_ += chunk->bytes();
    waiting_.push_back({{}, chunk});
  }
}

void StoreProcess::end(const DumpReason& reason) {
  if (refused_) {
    return;
  }
  DumpReason told = reason;
  told.cut = told.cut || cut_;
  queue(frame_of(FrameKind::end, told));
}

Result<void> StoreProcess::send_some() {
  while (!waiting_.empty()) {
    Waiting& first = waiting_.front();
    if (first.chunk) {
      waiting_bytes_ -= first.chunk->bytes();
      first.bytes = frame_of(*first.chunk);
      waiting_bytes_ += first.bytes.size();
      first.chunk.reset();
    }
    const Bytes rest = Bytes(first.bytes).subspan(sent_);
    const ssize_t put =
        ::send(channel_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return {};
    }
    if (put <= 0) {
      return fail(ErrorKind::bad_output, "the process that writes the recordings has died");
    }
    sent_ += static_cast<std::size_t>(put);
    if (sent_ == first.bytes.size()) {
      waiting_bytes_ -= first.bytes.size();
      waiting_.pop_front();
      sent_ = 0;
    }
  }
  return {};
}

// False: nothing is there, or nothing follows.
Result<bool> StoreProcess::receive_some(bool wait, std::vector<StoreNews>& news) {
  std::array<std::byte, 4096> piece{};
  ssize_t got = 0;
  do {
    got = ::recv(channel_.get(), piece.data(), piece.size(), wait ? 0 : MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return false;
  }
  if (got <= 0 && !wait) {
    return fail(ErrorKind::bad_output, "the process that writes the recordings has died");
  }
  if (got <= 0) {
    return false;
  }
  received_.insert(received_.end(), piece.begin(), piece.begin() + got);
  Bytes rest = received_;
  while (rest.size() >= sizeof(FrameHead)) {
    const auto head = load<FrameHead>(rest);
    if (rest.size() - sizeof(head) < head.bytes) {
      break;
    }
    if (auto one = news_in(rest.subspan(sizeof(head), head.bytes))) {
      news.push_back(*std::move(one));
    }
    rest = rest.subspan(sizeof(head) + head.bytes);
  }
  received_.erase(received_.begin(), received_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return true;
}

Result<std::vector<StoreNews>> StoreProcess::poll() {
  WAKEPATH_CHECK(send_some());
  std::vector<StoreNews> news = std::exchange(own_news_, {});
  while (true) {
    WAKEPATH_TRY(const bool more, receive_some(false, news));
    if (!more) {
      return news;
    }
  }
}

// Both ways at once: a process that waits until its news are read takes nothing.
Result<std::vector<StoreNews>> StoreProcess::finish() {
  std::vector<StoreNews> news;
  while (!waiting_.empty()) {
    pollfd channel{channel_.get(), POLLIN | POLLOUT, 0};
    ::poll(&channel, 1, -1);
    WAKEPATH_TRY(auto more, poll());
    std::ranges::move(more, std::back_inserter(news));
  }
  ::shutdown(channel_.get(), SHUT_WR);
  while (true) {
    WAKEPATH_TRY(const bool more, receive_some(true, news));
    if (!more) {
      break;
    }
  }
  std::ranges::move(std::exchange(own_news_, {}), std::back_inserter(news));
  if (!ended_well()) {
    return fail(ErrorKind::bad_output,
                "the process that writes the recordings has died: the last one may not be whole");
  }
  return news;
}

bool StoreProcess::ended_well() {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(pid_, &status, 0);
  } while (ended < 0 && errno == EINTR);
  pid_ = -1;
  return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace wakepath::recorder
