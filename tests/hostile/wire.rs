//! DNS messages put together byte by byte, so that they can be wrong in any way (RFC 1035 section 4).

pub const A: u16 = 1;
pub const NS: u16 = 2;
pub const CNAME: u16 = 5;
pub const SOA: u16 = 6;
pub const MX: u16 = 15;
pub const TXT: u16 = 16;
pub const AAAA: u16 = 28;

pub const NOERROR: u16 = 0;
pub const SERVFAIL: u16 = 2;
pub const NXDOMAIN: u16 = 3;
pub const REFUSED: u16 = 5;

/// A pointer to the question's name, which always stands at octet 12.
pub const QNAME: &[u8] = &[0xc0, 12];

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub id: u16,
    /// Lower-case, without the final dot.
    pub qname: String,
    pub qtype: u16,
    /// The question section as it came, letters and all.
    pub question: Vec<u8>,
    pub tcp: bool,
    /// How often this question was asked before, over UDP and TCP alike.
    pub nth: usize,
}

impl Request {
    /// Reads a request; `None` for what this program would never send.
    pub fn read(bytes: &[u8], tcp: bool) -> Option<Self> {
        let id = u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]);
        let mut labels = Vec::new();
        let mut at = 12;
        loop {
            let length = usize::from(*bytes.get(at)?);
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(bytes.get(at + 1..at + 1 + length)?).to_lowercase());
            at += 1 + length;
        }
        let qtype = u16::from_be_bytes([*bytes.get(at + 1)?, *bytes.get(at + 2)?]);
        Some(Self { id, qname: labels.join("."), qtype, question: bytes.get(12..at + 5)?.to_vec(), tcp, nth: 0 })
    }

    pub fn reply(&self) -> Message {
        Message { id: self.id, flags: 0x8180, question: self.question.clone(), answers: Vec::new(), authority: Vec::new() }
    }

    pub fn code(&self, code: u16) -> Vec<u8> {
        self.reply().code(code).bytes()
    }

    /// An answer with one record of the asked type for each rdata.
    pub fn answer(&self, rdata: &[Vec<u8>]) -> Vec<u8> {
        let records = rdata.iter().map(|rdata| record(QNAME, self.qtype, rdata));
        records.fold(self.reply(), |message, record| message.with(record)).bytes()
    }
}

/// A message that may yet be bent.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: u16,
    pub flags: u16,
    pub question: Vec<u8>,
    pub answers: Vec<Vec<u8>>,
    pub authority: Vec<Vec<u8>>,
}

impl Message {
    pub fn code(mut self, code: u16) -> Self {
        self.flags = self.flags & !15 | code;
        self
    }

    /// TC=1.
    pub fn truncated(mut self) -> Self {
        self.flags |= 0x0200;
        self
    }

    pub fn with(mut self, record: Vec<u8>) -> Self {
        self.answers.push(record);
        self
    }

    pub fn authority(mut self, record: Vec<u8>) -> Self {
        self.authority.push(record);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let questions = u16::from(!self.question.is_empty());
        let count = |records: &[Vec<u8>]| u16::try_from(records.len()).unwrap();
        let header = [self.id, self.flags, questions, count(&self.answers), count(&self.authority), 0];
        let mut bytes: Vec<u8> = header.iter().flat_map(|field| field.to_be_bytes()).collect();
        bytes.extend(&self.question);
        self.answers.iter().chain(&self.authority).for_each(|record| bytes.extend(record));
        bytes
    }
}

/// A resource record of class IN that may be cached for a minute.
pub fn record(owner: &[u8], rtype: u16, rdata: &[u8]) -> Vec<u8> {
    record_for(owner, rtype, 60, rdata)
}

pub fn record_for(owner: &[u8], rtype: u16, ttl: u32, rdata: &[u8]) -> Vec<u8> {
    let mut bytes = owner.to_vec();
    bytes.extend(rtype.to_be_bytes());
    bytes.extend(1_u16.to_be_bytes());
    bytes.extend(ttl.to_be_bytes());
    bytes.extend(u16::try_from(rdata.len()).unwrap().to_be_bytes());
    bytes.extend(rdata);
    bytes
}

/// A name without compression and without any check.
pub fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> = labels.flat_map(|l| std::iter::once(u8::try_from(l.len()).unwrap()).chain(l.bytes())).collect();
    bytes.push(0);
    bytes
}

pub fn mx(preference: u16, exchange: &str) -> Vec<u8> {
    [&preference.to_be_bytes()[..], &name(exchange)].concat()
}

/// TXT rdata: the text cut into character strings of 255 octets.
pub fn txt(text: impl AsRef<[u8]>) -> Vec<u8> {
    text.as_ref().chunks(255).flat_map(|c| std::iter::once(u8::try_from(c.len()).unwrap()).chain(c.iter().copied())).collect()
}

pub fn soa() -> Vec<u8> {
    [name("ns.example"), name("root.example"), [0_u8; 20].to_vec()].concat()
}
