//! Whole runs against a real server and a played clock: the same loop, connections, state and log as
//! ever, but hours of waiting take no time. What is expected stands in the tests by hand.

mod clock;
mod rows;
mod sequences;
mod world;
