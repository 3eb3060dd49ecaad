#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gemini_retry_fuzz::body::check(input));
