//! LLD documents after template 0102, with review logs in the shapes that real files have.

mod review_log;

use std::path::{Path, PathBuf};

pub use review_log::Shape;

use crate::scratch::write_file;
use crate::words::Words;

/// One generated document.
#[derive(Debug, Clone)]
pub struct Lld {
    /// The issue it belongs to.
    pub issue: u32,
    /// Two or three words for its file name.
    pub slug: String,
    /// The whole document.
    pub text: String,
    /// How its review log looks.
    pub shape: Shape,
}

impl Lld {
    /// `98-schema-crud.md`, as the runbook names it.
    pub fn file_name(&self) -> String {
        format!("{}-{}.md", self.issue, self.slug)
    }

    /// `LLD-098.md`, as the predecessor named it.
    pub fn padded_name(&self) -> String {
        format!("LLD-{:03}.md", self.issue)
    }

    /// Writes it into `docs/LLDs/active/` below `root`.
    pub fn write_active(&self, root: &Path) -> PathBuf {
        self.write(&root.join("docs/LLDs/active").join(self.file_name()))
    }

    /// Writes it into `docs/LLDs/done/` below `root`.
    pub fn write_done(&self, root: &Path) -> PathBuf {
        self.write(&root.join("docs/LLDs/done").join(self.file_name()))
    }

    fn write(&self, path: &Path) -> PathBuf {
        write_file(path, self.text.as_bytes());
        path.to_owned()
    }
}

/// A seeded source of documents. Same seed and same calls, same bytes.
#[derive(Debug, Clone)]
pub struct Llds {
    words: Words,
}

impl Llds {
    /// The documents of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { words: Words::seeded(seed) }
    }

    /// A document for `issue` with a review log of that shape.
    pub fn lld(&mut self, issue: u32, shape: Shape) -> Lld {
        let words = &mut self.words;
        let slug = words.slug(2);
        let body = body(words, issue, shape.status_line());
        let log = shape.render(words);
        Lld { issue, slug, text: format!("{body}{log}"), shape }
    }

    /// A document for `issue` with a review log of any shape.
    pub fn any(&mut self, issue: u32) -> Lld {
        let shape = *self.words.pick(&Shape::ALL);
        self.lld(issue, shape)
    }
}

fn body(words: &mut Words, issue: u32, status: &str) -> String {
    let title = words.sentence(3).trim_end_matches('.').to_owned();
    let objective = words.sentence(7);
    let related = words.rng().u32(1..400);
    let module = words.slug(2).replace('-', "_");
    let (row, dependency) = (words.sentence(5), words.sentence(6));
    let (field, call) = (words.word(), words.word());
    let steps = lines(3, |n| format!("{n}. {}", words.sentence(6)));
    let needs = lines(3, |n| format!("{n}. {}", words.sentence(8)));
    let (option, pro, con) = (words.word(), words.sentence(3), words.sentence(3));
    let (concern, mitigation) = (words.sentence(3), words.sentence(4));
    let scenario = words.sentence(5);
    let done = lines(3, |_| format!("- [ ] {}", words.sentence(5)));
    format!(
        "# {issue} - Feature: {title}

## 1. Context & Goal
* **Issue:** #{issue}
* **Objective:** {objective}
* **Status:** {status}
* **Related Issues:** #{related}

## 2. Proposed Changes

### 2.1 Files Changed
| File | Change Type | Description |
|------|-------------|-------------|
| `src/{module}.py` | Add | {row} |

### 2.2 Dependencies
{dependency}

### 2.3 Data Structures
```python
class State(TypedDict):
    {field}: str
```

### 2.4 Function Signatures
```python
def {call}(state: State) -> State: ...
```

### 2.5 Logic Flow (Pseudocode)
{steps}
## 3. Requirements
{needs}
## 4. Alternatives Considered
| Option | Pros | Cons | Decision |
|--------|------|------|----------|
| {option} | {pro} | {con} | Rejected |

## 5. Security Considerations
| Concern | Mitigation | Status |
|---------|------------|--------|
| {concern} | {mitigation} | Addressed |

## 6. Verification & Testing
| ID | Scenario | Type | Expected |
|----|----------|------|----------|
| 010 | {scenario} | Auto | Pass |

## 7. Definition of Done
{done}"
    )
}

fn lines(count: usize, line: impl FnMut(usize) -> String) -> String {
    let mut all: Vec<String> = (1..=count).map(line).collect();
    all.push(String::new());
    all.join("\n")
}
