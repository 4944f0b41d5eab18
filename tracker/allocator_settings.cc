// jemalloc, in programs that are linked with it, finds its settings by this name. What is free goes
// back to the system within a second or two, by a thread of its own: when a crowd has left, nobody
// calls who would do it in passing. Two arenas, since each keeps something back. Blocks of up to
// 16 KB each thread keeps for itself: each call needs one of 11.6 KB. (Larger slabs for those would
// save more, but hold a crowd's memory for longer.)
extern "C" const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:2,tcache_max:16384";
