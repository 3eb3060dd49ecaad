//! How a tool ends because of an error here.

use records::{Exit, Fault};

use crate::{Damage, Error};

impl Fault for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Locked { .. } => Exit::Later,
            Self::Io { .. }
            | Self::LocksUnsupported { .. }
            | Self::NotRegular { .. }
            | Self::BadLine { .. }
            | Self::NotAppended { .. }
            | Self::Exists { .. } => Exit::World,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Locked { .. } => Some("run the command again in a moment".into()),
            Self::LocksUnsupported { .. } => {
                Some("keep it on a local file system; network mounts may lack locks".into())
            }
            Self::NotAppended { cut_back: false, .. } => {
                Some("the next append completes the torn line, and readers report it".into())
            }
            Self::NotRegular { .. } => Some("move it away and put a regular file there".into()),
            _ => None,
        }
    }
}

impl Fault for Damage {
    fn exit(&self) -> Exit {
        Exit::Damaged
    }
}
