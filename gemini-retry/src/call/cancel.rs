//! Asks work on another thread to stop.

use std::sync::{Arc, Mutex, PoisonError};

/// A request to stop, from whoever waits to whoever works. Clones are one and the same.
#[derive(Clone, Default)]
pub(crate) struct Cancel {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    asked: bool,
    listener: Option<Box<dyn FnOnce() + Send>>,
}

impl Cancel {
    /// Asks to stop.
    pub(crate) fn ask(&self) {
        let listener = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.asked = true;
            inner.listener.take()
        };
        if let Some(tell) = listener {
            tell();
        }
    }

    /// Calls `tell` once it was asked to stop: at once if it was already.
    pub(crate) fn listen(&self, tell: impl FnOnce() + Send + 'static) {
        {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            if !inner.asked {
                inner.listener = Some(Box::new(tell));
                return;
            }
        }
        tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_listener_hears_once_whenever_it_began() {
        for early in [true, false] {
            let (cancel, (sender, heard)) = (Cancel::default(), channel());
            if early {
                cancel.ask();
            }
            cancel.clone().listen(move || sender.send(()).unwrap());
            assert_eq!(heard.try_recv().is_ok(), early);
            cancel.ask();
            cancel.ask();
            assert_eq!(heard.try_iter().count(), usize::from(!early));
        }
    }
}
