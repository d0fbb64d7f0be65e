package dialtone

import "time"

// DirectoryImport is one run of an operator's file into its directory.
type DirectoryImport struct {
	ID          string
	OperatorID  string
	Name        string // of the file
	Fingerprint string // of the file, the mapping and the options
	Settings    string // JSON: the mapping and the options, for people
	Dry         bool   // nothing of the directory is changed
	State       ImportState
	Problem     string // why it stopped, in words for people; empty: it did not
	Lines       int    // of the file, without the first
	Stage       int
	Position    int // the line of the file up to which the stage is done
	Counts      ImportCounts
	StartedBy   string
	Created     time.Time
	Updated     time.Time
	Finished    time.Time // zero while it runs, or may go on
}

// ImportState says how an import stands.
type ImportState string

const (
	ImportRunning ImportState = "running" // or interrupted: the same file again goes on
	ImportDone    ImportState = "done"
	ImportFailed  ImportState = "failed" // by the file's fault; what was done before stays
)

// ImportCounts are lines of a file by what became of them, or would become.
type ImportCounts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`   // what the directory says of the line is another thing now
	Numbers   int `json:"numbers"`   // of the changed ones: the line has another number now
	SIMs      int `json:"sims"`      // of the changed ones: the SIM was replaced
	Moved     int `json:"moved"`     // the number goes from a line that ends to another one
	Ended     int `json:"ended"`     // lines, also those that a moved number ends
	Unchanged int `json:"unchanged"` // the directory said so before
	Repeated  int `json:"repeated"`  // the file said so before
	Refused   int `json:"refused"`
	Waiting   int `json:"waiting"` // for the last stage: its number is still with another line of the file
	Kept      int `json:"kept"`    // what a person decided stays, though the file says otherwise; counted besides
	// What ends with lines that end.
	LostConsents int `json:"lost_consents"`
	LostSessions int `json:"lost_sessions"`
	LostDecided  int `json:"lost_decided"` // decisions of persons: a block, a sensitive mark
}

// Add adds what another part of the file came to.
func (c *ImportCounts) Add(d ImportCounts) {
	c.Created += d.Created
	c.Changed += d.Changed
	c.Numbers += d.Numbers
	c.SIMs += d.SIMs
	c.Moved += d.Moved
	c.Ended += d.Ended
	c.Unchanged += d.Unchanged
	c.Repeated += d.Repeated
	c.Refused += d.Refused
	c.Waiting += d.Waiting
	c.Kept += d.Kept
	c.LostConsents += d.LostConsents
	c.LostSessions += d.LostSessions
	c.LostDecided += d.LostDecided
}

// ImportFault is a line of a file that was refused, or that waits.
type ImportFault struct {
	Line    int
	Code    string // "bad_number": for programs
	Problem string // a sentence that says what to do; it names no number
	Cells   []string
}

// FaultWaits is the code of a line that is not refused: it is taken up again in the last stage.
const FaultWaits = "waits"

// ImportChunk is a part of a file that is decided and written in one transaction.
type ImportChunk struct {
	ImportID    string
	Stage       int
	From, To    int // lines of the file: after From, up to To
	Last        bool
	OperatorID  string
	ExternalIDs []string
	Numbers     []PhoneNumber
}

// ImportDecision is what becomes of a chunk.
type ImportDecision struct {
	Changes []LineChange
	// Freed are ended lines that lose the operator's own id, for a new line to get it.
	Freed  []string
	Faults []ImportFault
	Taken  []int // lines that waited and do so no more
	Counts ImportCounts
}
