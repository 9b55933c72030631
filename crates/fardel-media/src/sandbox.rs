//! The parent's side: starts a child for one task, watches it, and says how it ended.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::frames::{self, FrameError, Kind};
use crate::report::{Isolation, Refusal, Report};
use crate::task::{Limits, Order, Task, Work};

/// The hidden subcommand that makes a program a child.
pub(crate) const SUBCOMMAND: &str = "media-child";

/// Most bytes kept of what a child says on its standard error.
const COMPLAINTS: u64 = 8 << 10;

/// How long the parent listens for them when the child is gone.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Starts children, one a task.
///
/// A child that outlives its parent ends by itself: it has at most its processor time, it waits for nothing but a pipe
/// that nobody reads any more, and it can start nothing.
#[derive(Debug, Clone)]
pub struct Sandbox {
    program: PathBuf,
    limits: Limits,
}

/// How a child failed. Only [`SandboxError::Start`] and [`SandboxError::Input`] are worth another try with the same
/// bytes; the rest is the file's doing.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The program could not be started.
    #[error("the media child could not be started: {0}")]
    Start(io::Error),
    /// The input could not be prepared, or the child's answer could not be read.
    #[error("input or answer of the media child: {0}")]
    Input(io::Error),
    /// It used up its processor time, or said nothing for too long.
    #[error("reading the file took longer than {seconds} s")]
    TimedOut {
        /// The limit it met.
        seconds: u64,
    },
    /// It asked for more memory than it may have.
    #[error("reading the file needs more than {megabytes} MiB of memory")]
    OutOfMemory {
        /// The limit it met.
        megabytes: u64,
    },
    /// It died by a signal that nobody sent on purpose (11 = bad memory access or a stack that ran over).
    #[error("the media child was killed by signal {0}")]
    Killed(i32),
    /// It gave up by itself, with its last words.
    #[error("the media child crashed: {0}")]
    Crashed(String),
    /// It answered more than the parent takes.
    #[error("the media child answered more than {0} bytes")]
    TooMuchOutput(u64),
    /// It said what no child says: it is not itself any more.
    #[error("the media child did not keep to the protocol")]
    Protocol,
    /// It looked at the file and declined, with the reason.
    #[error("{0}")]
    Refused(Refusal),
}

/// What an outside program wrote before it ended well.
#[derive(Debug, Clone)]
pub struct ToolOutput {
    /// Its standard output.
    pub stdout: Vec<u8>,
}

impl Sandbox {
    /// A sandbox whose children are `program media-child …`: give the running program itself. On Linux
    /// `/proc/self/exe` stays right when the file is replaced by an upgrade.
    ///
    /// That program must call [`child::run`](crate::child::run) for the subcommand before it starts any thread.
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self { program, limits }
    }

    /// The limits that its children have.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Lets a child do `task` on `input`, from the start of the file. Dropping the future kills the child.
    ///
    /// `input` should be open for reading only; the child cannot write to it in any case where seccomp stands.
    pub async fn run(&self, task: Task, input: File) -> Result<Report, SandboxError> {
        let mut child = self.start(Work::Task(task), input, self.limits.clone())?;
        let Some(mut output) = child.stdout.take() else { return Err(SandboxError::Protocol) };
        let complaints = tokio::spawn(complaints(child.stderr.take()));

        let answer = self.answer(&mut output).await;
        // A good answer is complete: what the child does after it is of no interest.
        if answer.is_ok() || !matches!(answer, Err(Ending::Closed)) {
            let _ = child.start_kill();
        }
        let status = self.wait(&mut child).await?;
        let complaints = timeout(LAST_WORDS, complaints).await.ok().and_then(Result::ok).unwrap_or_default();
        match answer {
            Ok(report) => Ok(report),
            Err(Ending::Failed(error)) => Err(error),
            Err(Ending::Closed) => Err(Self::cause_of_death(status, &complaints, &self.limits)),
        }
    }

    /// Lets the outside program at `program` work on `input`, which it finds as `/proc/self/fd/0`: without network,
    /// with no file but its own libraries, within `limits`.
    pub(crate) async fn tool(
        &self,
        program: PathBuf,
        arguments: Vec<String>,
        input: File,
        limits: Limits,
    ) -> Result<ToolOutput, SandboxError> {
        let mut child = self.start(Work::Tool { program, arguments }, input, limits.clone())?;
        let Some(output) = child.stdout.take() else { return Err(SandboxError::Protocol) };
        let complaints = tokio::spawn(complaints(child.stderr.take()));

        let mut stdout = Vec::new();
        let mut bounded = output.take(limits.output + 1);
        let silence = Duration::from_secs(limits.silence_seconds);
        let ending = loop {
            match timeout(silence, bounded.read_buf(&mut stdout)).await {
                Err(_) => break Some(SandboxError::TimedOut { seconds: limits.silence_seconds }),
                Ok(Err(error)) => break Some(SandboxError::Input(error)),
                Ok(Ok(0)) => break None,
                Ok(Ok(_)) if stdout.len() as u64 > limits.output => {
                    break Some(SandboxError::TooMuchOutput(limits.output));
                }
                Ok(Ok(_)) => {}
            }
        };
        if ending.is_some() {
            let _ = child.start_kill();
        }
        let status = self.wait(&mut child).await?;
        let complaints = timeout(LAST_WORDS, complaints).await.ok().and_then(Result::ok).unwrap_or_default();
        match ending {
            Some(error) => Err(error),
            None if status.success() => Ok(ToolOutput { stdout }),
            None => Err(Self::cause_of_death(status, &complaints, &limits)),
        }
    }

    /// [`Sandbox::tool`] for any program: the tests put a shell into the cage of ffmpeg.
    #[doc(hidden)]
    pub async fn tool_for_tests(
        &self,
        program: &str,
        arguments: &[&str],
        input: File,
    ) -> Result<ToolOutput, SandboxError> {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.tool(program.into(), arguments, input, self.limits.clone()).await
    }

    fn start(&self, work: Work, mut input: File, limits: Limits) -> Result<Child, SandboxError> {
        input.rewind().map_err(SandboxError::Input)?;
        let order =
            serde_json::to_string(&Order { work, limits }).map_err(|error| SandboxError::Start(error.into()))?;
        Command::new(&self.program)
            .arg(SUBCOMMAND)
            .arg(order)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(input))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(SandboxError::Start)
    }

    async fn answer(&self, output: &mut (impl AsyncRead + Unpin)) -> Result<Report, Ending> {
        let mut budget = self.limits.output;
        let ready = self.frame(output, &mut budget).await?;
        if ready.kind != Kind::Ready {
            return Err(Ending::Failed(SandboxError::Protocol));
        }
        let isolation: Isolation = parsed(&ready.body)?;

        let head = self.frame(output, &mut budget).await?;
        let mut report: Report = match head.kind {
            Kind::Report => parsed(&head.body)?,
            Kind::Refused => return Err(Ending::Failed(SandboxError::Refused(parsed(&head.body)?))),
            _ => return Err(Ending::Failed(SandboxError::Protocol)),
        };
        report.isolation = isolation;
        for rendition in &mut report.renditions {
            let frame = self.frame(output, &mut budget).await?;
            if frame.kind != Kind::Bytes {
                return Err(Ending::Failed(SandboxError::Protocol));
            }
            rendition.bytes = frame.body;
        }
        match self.frame(output, &mut budget).await?.kind {
            Kind::End => Ok(report),
            _ => Err(Ending::Failed(SandboxError::Protocol)),
        }
    }

    async fn frame(&self, output: &mut (impl AsyncRead + Unpin), budget: &mut u64) -> Result<frames::Frame, Ending> {
        let seconds = self.limits.silence_seconds;
        match timeout(Duration::from_secs(seconds), frames::read(output, budget)).await {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(FrameError::Closed)) => Err(Ending::Closed),
            Ok(Err(FrameError::TooMuch)) => Err(Ending::Failed(SandboxError::TooMuchOutput(self.limits.output))),
            Ok(Err(FrameError::Garbage)) => Err(Ending::Failed(SandboxError::Protocol)),
            Ok(Err(FrameError::Io(error))) => Err(Ending::Failed(SandboxError::Input(error))),
            Err(_) => Err(Ending::Failed(SandboxError::TimedOut { seconds })),
        }
    }

    /// A child may close its output and live on: it gets no second silence.
    async fn wait(&self, child: &mut Child) -> Result<ExitStatus, SandboxError> {
        let seconds = self.limits.silence_seconds;
        if let Ok(status) = timeout(Duration::from_secs(seconds), child.wait()).await {
            return status.map_err(SandboxError::Input);
        }
        child.kill().await.map_err(SandboxError::Input)?;
        Err(SandboxError::TimedOut { seconds })
    }

    fn cause_of_death(status: ExitStatus, complaints: &str, limits: &Limits) -> SandboxError {
        const OUT_OF_MEMORY: [&str; 3] = ["memory allocation of", "Cannot allocate memory", "AllocError"];
        const CPU_TIME: i32 = 24; // SIGXCPU

        if OUT_OF_MEMORY.iter().any(|words| complaints.contains(words)) {
            return SandboxError::OutOfMemory { megabytes: limits.memory >> 20 };
        }
        match signal(status) {
            Some(CPU_TIME) => SandboxError::TimedOut { seconds: limits.cpu_seconds },
            Some(signal) => SandboxError::Killed(signal),
            None => SandboxError::Crashed(match complaints.trim() {
                "" => format!("it ended with {status}"),
                words => words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect(),
            }),
        }
    }
}

/// How a conversation with a child ended early.
enum Ending {
    /// The child is gone; its exit status tells why.
    Closed,
    Failed(SandboxError),
}

fn parsed<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, Ending> {
    serde_json::from_slice(json).map_err(|_| Ending::Failed(SandboxError::Protocol))
}

/// The first words of a child's standard error; the rest is read and dropped, so that it never blocks.
async fn complaints(stderr: Option<tokio::process::ChildStderr>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut words = Vec::new();
    let _ = (&mut stderr).take(COMPLAINTS).read_to_end(&mut words).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&words).into_owned()
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}
