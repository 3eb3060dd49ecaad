//! One connection, from its first request to its end.

use std::io::{BufReader, Read as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::state::Shared;
use crate::delivery::{Form, Next, deliver};
use crate::http::{ReadError, read_request};

/// How long a closing connection may go on sending before it is cut off.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves a connection. The stream closes when this returns.
pub(crate) fn serve(stream: Arc<TcpStream>, shared: &Shared) {
    // Drips and 100 Continue are to leave at once; without it they only arrive later.
    stream.set_nodelay(true).ok();
    match answer_all(&stream, shared) {
        Next::Reset => {
            let linger = rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
            debug_assert!(linger.is_ok(), "SO_LINGER can be set on a TCP socket");
        }
        Next::Close | Next::KeepOpen => close_gently(&stream),
    }
    drop(stream);
}

fn answer_all(stream: &TcpStream, shared: &Shared) -> Next {
    let mut reader = BufReader::new(stream);
    let mut replies = stream;
    loop {
        let delivered = match read_request(&mut reader, &mut replies) {
            // The client is gone, or has said all it wanted.
            Ok(None) | Err(ReadError::Io(_)) => return Next::Close,
            Err(ReadError::Bad(bad)) => {
                let answer = shared.answer_malformed(bad);
                let form = Form { keep_alive: false, head_only: false };
                deliver(stream, &answer, form, &shared.stop, ())
            }
            Ok(Some(request)) => {
                let (answer, in_flight) = shared.answer(&request);
                let form = Form {
                    keep_alive: request.head.keeps_alive(),
                    head_only: request.head.method == "HEAD",
                };
                deliver(stream, &answer, form, &shared.stop, in_flight)
            }
        };
        match delivered {
            Ok(Next::KeepOpen) => {}
            Ok(end) => return end,
            Err(_) => return Next::Close,
        }
    }
}

/// Ends the sending side and reads what is still on its way: closing with unread bytes would turn
/// into a reset, and the client might lose the answer.
fn close_gently(mut stream: &TcpStream) {
    if stream.shutdown(Shutdown::Write).is_err()
        || stream.set_read_timeout(Some(LAST_WORDS)).is_err()
    {
        return;
    }
    let mut sink = [0; 4096];
    while matches!(stream.read(&mut sink), Ok(1..)) {}
}
