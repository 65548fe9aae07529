//! A streaming filter over files, as a host of Semper: NDJSON in, compressed or not; relevant records out, in the order of the
//! input; dropped ones to a file; counters at the end. Memory is bounded, whatever the files are.
//!
//! One thread reads chunks of lines, rayon's threads decide about them, the main thread writes. A slot is all that one chunk
//! needs: its bytes, an evaluator, the records. There are a few, and they go round.
mod input;

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;

use input::{Chunk, Inputs};
use rayon::prelude::*;
use semper::{
    Compiler, Counters, Decision, Evaluator, EvaluatorOptions, PolicySet, ProviderOptions, Records,
};

const USAGE: &str = "\
semper-filter --policies DIR [--accounts FILE] [--regions R1,R2] [--now SECONDS]
              [--out FILE] [--dropped FILE] [--no-findings FILE] [--threads N] [INPUT…]

Each line of the inputs (NDJSON, may be gzip; none or -: standard input) is an event. Relevant and
invalid records go to --out, or standard output, in the order of the input.";

/// The library's default: a longer line is an invalid event.
const EVENT_BYTES: usize = 16 << 20;

type Failure = Box<dyn std::error::Error>;

#[derive(Default)]
struct Options {
    policies: PathBuf,
    accounts: Option<PathBuf>,
    regions: Vec<String>,
    now: Option<i64>,
    out: Option<PathBuf>,
    dropped: Option<PathBuf>,
    no_findings: Option<PathBuf>,
    threads: usize,
    inputs: Vec<PathBuf>,
}

/// None: help was asked for.
fn parse() -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("policies") => options.policies = parser.value()?.into(),
            Long("accounts") => options.accounts = Some(parser.value()?.into()),
            Long("regions") => {
                options.regions = parser
                    .value()?
                    .string()?
                    .split(',')
                    .map(str::to_owned)
                    .collect();
            }
            Long("now") => options.now = Some(parser.value()?.parse()?),
            Long("out") => options.out = Some(parser.value()?.into()),
            Long("dropped") => options.dropped = Some(parser.value()?.into()),
            Long("no-findings") => options.no_findings = Some(parser.value()?.into()),
            Long("threads") => options.threads = parser.value()?.parse()?,
            Long("help") | Short('h') => return Ok(None),
            Value(input) => options.inputs.push(input.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    if options.policies.as_os_str().is_empty() {
        return Err("--policies is missing".into());
    }
    if options.inputs.is_empty() {
        options.inputs.push("-".into());
    }
    let outputs = [&options.out, &options.dropped, &options.no_findings];
    for output in outputs.into_iter().flatten() {
        let is_same = |input: &PathBuf| matches!((input.canonicalize(), output.canonicalize()), (Ok(input), Ok(output)) if input == output);
        if options.inputs.iter().any(is_same) {
            return Err(format!("{} is an input, too", output.display()).into());
        }
    }
    Ok(Some(options))
}

fn compile(options: &Options) -> semper::Result<PolicySet> {
    let mut compiler = Compiler::new()?;
    if let Some(accounts) = &options.accounts {
        let mut specification = b"file:".to_vec();
        specification.extend(accounts.as_os_str().as_encoded_bytes());
        compiler.add_builtin_provider("accounts", specification, &ProviderOptions::unguarded())?;
    }
    compiler
        .set_default_regions(&options.regions)?
        .add_repository(&options.policies)?
        .compile()
}

/// All that one chunk needs.
struct Slot {
    chunk: Chunk,
    evaluator: Evaluator,
    records: Records,
    outcome: semper::Result<()>,
}

impl Slot {
    fn new(policies: &PolicySet, options: &Options) -> semper::Result<Self> {
        let mut evaluator_options = EvaluatorOptions::new();
        if options.dropped.is_none() {
            evaluator_options = evaluator_options.no_dropped_json();
        }
        if options.no_findings.is_none() {
            evaluator_options = evaluator_options.no_no_finding_json();
        }
        if let Some(now) = options.now {
            evaluator_options = evaluator_options.clock(move || now);
        }
        Ok(Self {
            chunk: Chunk::default(),
            evaluator: Evaluator::new(policies, evaluator_options)?,
            records: Records::new()?,
            outcome: Ok(()),
        })
    }

    fn evaluate(&mut self) {
        let evaluated = if self.chunk.is_piece {
            self.evaluator
                .evaluate(&self.chunk.bytes, &mut self.records)
        } else {
            self.evaluator
                .evaluate_ndjson(&self.chunk.bytes, &mut self.records)
        };
        self.outcome = evaluated.map(|_| ());
    }
}

/// Where records go. What has no output has no JSON, too.
struct Outputs {
    out: Box<dyn Write>,
    dropped: Option<Box<dyn Write>>,
    no_findings: Option<Box<dyn Write>>,
}

impl Outputs {
    fn open(options: &Options) -> Result<Self, Failure> {
        let create = |path: &Path| -> Result<Box<dyn Write>, Failure> {
            let file =
                File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(Box::new(BufWriter::with_capacity(1 << 16, file)))
        };
        Ok(Self {
            out: match &options.out {
                Some(path) => create(path)?,
                None => Box::new(BufWriter::with_capacity(1 << 16, io::stdout().lock())),
            },
            dropped: options.dropped.as_deref().map(create).transpose()?,
            no_findings: options.no_findings.as_deref().map(create).transpose()?,
        })
    }

    fn write(&mut self, records: &Records) -> io::Result<()> {
        for record in records {
            let output = match record.decision() {
                Decision::Dropped => self.dropped.as_mut(),
                Decision::NoFinding => self.no_findings.as_mut(),
                Decision::Relevant | Decision::Invalid => Some(&mut self.out),
            };
            if let Some(output) = output {
                output.write_all(record.json())?;
                output.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        for output in [&mut self.dropped, &mut self.no_findings]
            .into_iter()
            .flatten()
        {
            output.flush()?;
        }
        Ok(())
    }
}

/// What was counted, and which inputs could not be read.
fn filter(options: &Options) -> Result<(Counters, Vec<String>), Failure> {
    let policies = compile(options)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()?;
    let wave_size = 2 * pool.current_num_threads();
    let mut outputs = Outputs::open(options)?;

    let (to_reader, empty) = mpsc::channel::<Slot>();
    let (to_main, full) = mpsc::channel::<Slot>();
    for _ in 0..2 * wave_size {
        to_reader.send(Slot::new(&policies, options)?)?;
    }
    let mut inputs = Inputs::new(options.inputs.clone(), EVENT_BYTES);
    let reader = std::thread::spawn(move || {
        let mut idle = Vec::new();
        while let Ok(mut slot) = empty.recv() {
            if !inputs.next(&mut slot.chunk) {
                idle.push(slot);
                break;
            }
            if to_main.send(slot).is_err() {
                break;
            }
        }
        drop(to_main);
        // The main thread gives back the rest, then hangs up.
        idle.extend(empty);
        let counters = idle
            .iter()
            .map(|slot| slot.evaluator.counters())
            .sum::<semper::Result<Counters>>();
        (counters, inputs.errors)
    });

    while let Ok(first) = full.recv() {
        let mut wave = vec![first];
        wave.extend(full.try_iter().take(wave_size - 1));
        pool.install(|| wave.par_iter_mut().for_each(Slot::evaluate));
        for slot in wave {
            slot.outcome.clone()?;
            outputs.write(&slot.records)?;
            to_reader
                .send(slot)
                .map_err(|_| "the thread that reads has ended")?;
        }
        outputs.flush()?;
    }
    drop(to_reader);
    let (counters, errors) = reader
        .join()
        .map_err(|_| "the thread that reads panicked")?;
    Ok((counters?, errors))
}

fn main() -> ExitCode {
    let options = match parse() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("semper-filter: {error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match filter(&options) {
        Ok((counters, errors)) => {
            let Counters {
                total,
                relevant,
                dropped,
                no_finding,
                invalid,
            } = counters;
            eprintln!(
                "in {total} · relevant {relevant} · dropped {dropped} · no_finding {no_finding} · invalid {invalid}"
            );
            for error in &errors {
                eprintln!("semper-filter: {error}");
            }
            if errors.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        // The reader of a pipe has gone, as with `| head`.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("semper-filter: {error}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
