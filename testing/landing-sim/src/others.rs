//! How others land: one by one, and by halves as bors-ng does. Both run what is red again as we do, so
//! that the difference is in the halves.

use crate::world::World;

/// Each branch by itself: red, run again, red, sent back.
pub(crate) fn one_by_one(world: &mut World) {
    while let [branch] = world.take(1)[..] {
        if world.passes(&[branch]) || world.passes(&[branch]) {
            world.landed(&[branch]);
        } else {
            world.ejected(&[branch]);
        }
    }
}

/// A red batch becomes two, each of which is landed by itself in the same way (bors-ng, `bisect`). One
/// alone is run again once, unless `trusting`.
pub(crate) fn both_halves(world: &mut World, size: usize, trusting: bool) {
    while !world.is_empty() {
        let batch = world.take(size);
        halves(world, &batch, trusting);
    }
}

fn halves(world: &mut World, batch: &[bool], trusting: bool) {
    if batch.is_empty() {
        return;
    }
    if world.passes(batch) || (!trusting && batch.len() == 1 && world.passes(batch)) {
        world.landed(batch);
    } else if batch.len() == 1 {
        world.ejected(batch);
    } else {
        let (one, other) = batch.split_at(batch.len() / 2);
        halves(world, one, trusting);
        halves(world, other, trusting);
    }
}
