//! Inputs as chunks of whole lines, whose size is bounded whatever comes in.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

/// A chunk ends after this many bytes, at the end of a line; or sooner, where the input waits.
const CHUNK: usize = 256 << 10;

/// What is evaluated in one call.
#[derive(Debug, Default)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    /// A piece of a line that is longer than an event may be: one event by itself, not lines.
    pub is_piece: bool,
}

/// All inputs, one after another. What goes wrong with one is kept in `errors` and does not stop the others.
pub struct Inputs {
    rest: std::vec::IntoIter<PathBuf>,
    open: Option<(PathBuf, BufReader<Box<dyn Read + Send>>)>,
    /// The limit of an event.
    event_bytes: usize,
    /// Of a line that is longer: what has not come out yet.
    long_line: Vec<u8>,
    pub errors: Vec<String>,
}

impl Inputs {
    /// `event_bytes` is the limit of an event in the policy set.
    pub fn new(paths: Vec<PathBuf>, event_bytes: usize) -> Self {
        Self {
            rest: paths.into_iter(),
            open: None,
            event_bytes,
            long_line: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Fills the chunk; false: that was all.
    pub fn next(&mut self, chunk: &mut Chunk) -> bool {
        chunk.bytes.clear();
        chunk.is_piece = !self.long_line.is_empty();
        if chunk.is_piece {
            self.next_piece(chunk);
            return true;
        }
        while chunk.bytes.len() < CHUNK {
            let Some((path, reader)) = &mut self.open else {
                match self.rest.next() {
                    Some(path) => {
                        match open(&path) {
                            Ok(reader) => self.open = Some((path, reader)),
                            Err(error) => self.errors.push(format!("{}: {error}", path.display())),
                        }
                        continue;
                    }
                    None => break,
                }
            };
            let before = chunk.bytes.len();
            // A line that is longer than an event may be is invalid as a whole, and comes out in pieces.
            let most = 2 * (self.event_bytes as u64 + 1);
            let read = reader
                .by_ref()
                .take(most)
                .read_until(b'\n', &mut chunk.bytes);
            let line = chunk.bytes.len() - before;
            let is_end = match read {
                Ok(_) => line == 0,
                Err(error) => {
                    self.errors.push(format!("{}: {error}", path.display()));
                    true
                }
            };
            let is_whole = chunk.bytes.ends_with(b"\n");
            if line as u64 == most && !is_whole {
                self.long_line = chunk.bytes.split_off(before);
                if before == 0 {
                    chunk.is_piece = true;
                    self.next_piece(chunk);
                }
                return true;
            }
            if line > 0 && !is_whole {
                chunk.bytes.push(b'\n');
            }
            if is_end {
                self.open = None;
            } else if reader.buffer().is_empty() {
                break;
            }
        }
        !chunk.bytes.is_empty()
    }

    /// Each piece is beyond the limit of an event, so that it comes out as invalid, byte for byte: what is left after the
    /// first of two such pieces is never shorter than that, unless it is the last.
    fn next_piece(&mut self, chunk: &mut Chunk) {
        let least = self.event_bytes + 1;
        let most = 2 * least;
        if let Some((path, reader)) = &mut self.open {
            let wanted = (most - self.long_line.len().min(most)) as u64;
            if let Err(error) = reader
                .by_ref()
                .take(wanted)
                .read_until(b'\n', &mut self.long_line)
            {
                self.errors.push(format!("{}: {error}", path.display()));
                self.open = None;
            }
        }
        if self.long_line.len() == most && !self.long_line.ends_with(b"\n") {
            let rest = self.long_line.split_off(least);
            chunk.bytes = std::mem::replace(&mut self.long_line, rest);
        } else {
            chunk.bytes = std::mem::take(&mut self.long_line);
            if chunk.bytes.ends_with(b"\n") {
                chunk.bytes.pop();
            }
        }
    }
}

/// Decompresses what begins as gzip does, whatever its name is.
fn open(path: &Path) -> io::Result<BufReader<Box<dyn Read + Send>>> {
    let mut file: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start)?;
    let is_gzip = start == [0x1f, 0x8b];
    let whole = Cursor::new(start).chain(file);
    let reader: Box<dyn Read + Send> = if is_gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(CHUNK, whole)))
    } else {
        Box::new(whole)
    };
    Ok(BufReader::with_capacity(CHUNK, reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(content: &[u8], event_bytes: usize) -> Vec<Chunk> {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("semper-filter-{}-{number}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        let mut inputs = Inputs::new(vec![path.clone(), path.clone()], event_bytes);
        let mut found = Vec::new();
        let mut chunk = Chunk::default();
        while inputs.next(&mut chunk) {
            found.push(std::mem::take(&mut chunk));
        }
        std::fs::remove_file(path).unwrap();
        assert!(inputs.errors.is_empty());
        found
    }

    /// The lines, those in pieces put together again.
    fn lines(chunks: &[Chunk], event_bytes: usize) -> Vec<Vec<u8>> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut in_pieces = false;
        for chunk in chunks {
            if chunk.is_piece {
                assert!(
                    chunk.bytes.len() > event_bytes,
                    "{} bytes would be an event",
                    chunk.bytes.len()
                );
                assert!(chunk.bytes.len() <= 2 * (event_bytes + 1));
                if !in_pieces {
                    lines.push(Vec::new());
                }
                lines.last_mut().unwrap().extend(&chunk.bytes);
            } else {
                assert!(chunk.bytes.ends_with(b"\n"));
                let text = &chunk.bytes[..chunk.bytes.len() - 1];
                lines.extend(text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
            }
            in_pieces = chunk.is_piece;
        }
        lines
    }

    #[test]
    fn lines_of_every_length_come_out_whole() {
        for length in 1..200 {
            for end in ["", "\n"] {
                let long = "x".repeat(length);
                let content = format!("first\n{long}\nlast{end}");
                let found = lines(&chunks(content.as_bytes(), 20), 20);
                let wanted = ["first", &long, "last"].map(|line| line.as_bytes().to_vec());
                assert_eq!(found, [wanted.clone(), wanted].concat(), "{length}");
            }
        }
    }

    #[test]
    fn a_last_line_of_any_length_needs_no_newline() {
        for length in 1..200 {
            let long = "y".repeat(length).into_bytes();
            // Two files: a line in pieces at the end of one is followed by one of the other.
            let found = lines(&chunks(&[b"a\n".as_slice(), &long].concat(), 20), 20);
            assert_eq!(
                found,
                [b"a".to_vec(), long.clone(), b"a".to_vec(), long],
                "{length}"
            );
        }
    }
}
