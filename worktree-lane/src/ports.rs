//! Which ports lanes get: `lanes.ports` in `switchyard.yaml`.

use serde::{Deserialize, Serialize};

/// The ports of the lanes: that of slot 0, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ports {
    pub(crate) base: u16,
    pub(crate) step: u16,
}

impl Default for Ports {
    /// Below the ports that Linux gives to outgoing connections (32768 and above) for 127 lanes.
    fn default() -> Self {
        Self { base: 20_000, step: 100 }
    }
}

impl Ports {
    /// The port of a slot; `None` when there is no such port.
    pub(crate) fn of(self, slot: u16) -> Option<u16> {
        let port = u32::from(self.base) + u32::from(self.step) * u32::from(slot);
        u16::try_from(port).ok()
    }

    /// The same settings, if they give each slot a port of its own.
    ///
    /// # Errors
    /// One sentence.
    pub(crate) fn checked(self) -> Result<Self, String> {
        if self.base == 0 || self.step == 0 {
            return Err("lanes.ports: base and step must be at least 1".into());
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_slots() {
        let ports = Ports::default();
        assert_eq!([ports.of(0), ports.of(3)], [Some(20_000), Some(20_300)]);
        assert_eq!(ports.of(455), Some(65_500));
        assert_eq!([ports.of(456), ports.of(u16::MAX)], [None, None]);
        assert!(Ports { base: 0, step: 1 }.checked().is_err());
        assert!(Ports { base: 1, step: 0 }.checked().is_err());
    }
}
