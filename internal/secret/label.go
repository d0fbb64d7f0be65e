package secret

// Label names one use of the data keys. It goes into the derivation of the key for that use; changing a text makes
// everything unreadable that was made under it.
type Label string

const (
	LabelRequest     Label = "authorization request" // the interaction on its way through sign-in
	LabelCode        Label = "authorization code"
	LabelAccess      Label = "access token"
	LabelRefresh     Label = "refresh token"           // proves that we made it
	LabelRefreshNext Label = "refresh token successor" // derives the next token's secret
	LabelRevokeLink  Label = "revoke-consent link"
	LabelPage        Label = "page state"        // what a form of ours carries to its next step
	LabelKeptPage    Label = "kept page"         // seals a page that answered a form, for a reload
	LabelPIN         Label = "PIN"               // keys the hash of a PIN
	LabelPINSealed   Label = "PIN for resending" // seals the PIN itself while it may be sent again
	LabelNumber      Label = "phone number"      // keys a number's budgets
	LabelNetwork     Label = "network"           // keys a network's budgets
	LabelSubject     Label = "pairwise subject"
	LabelSessionID   Label = "pairwise session id"
	LabelCookie      Label = "session cookie"
	LabelKnown       Label = "known browser" // seals, lasting, with which lines a browser signed in before
	LabelLogout      Label = "logout confirmation"
	LabelNotice      Label = "page notice"       // what a page says about the form that led to it
	LabelTry         Label = "try-it run"        // what the Try it tab carries from step to step
	LabelRounding    Label = "rounding"          // draws how a small count is rounded
	LabelIdempotency Label = "idempotent answer" // seals an answer of the management API for its repetition

	LabelImportLine Label = "refused line of an import" // seals its cells while the report is kept

	LabelEmail         Label = "e-mail address"              // keys an address's budgets, and stands for it before it is proved
	LabelKnownEmail    Label = "known browser of the portal" // seals, lasting, with which addresses a browser signed in before
	LabelEmailCode     Label = "e-mail code"                 // keys the hash of a sign-in code
	LabelPasskey       Label = "passkey"                     // seals what a passkey ceremony needs at its end
	LabelPasskeyHandle Label = "passkey account"             // what authenticators call an account

	LabelCompany       Label = "company sign-in"       // seals what the way through a company's provider needs at its end
	LabelCompanySecret Label = "company client secret" // seals, lasting, our secret at a company's provider

	// What the store keeps about people: SealPersonal.
	LabelStoredNumber  Label = "stored phone number"
	LabelStoredEmail   Label = "stored e-mail address"
	LabelStoredInvited Label = "stored address of an invitation"
	LabelStoredSubject Label = "stored subject of a company"
	LabelStoredName    Label = "stored name"    // of a person, or an address in its place
	LabelStoredHistory Label = "stored history" // what somebody did, in words
	LabelStoredNote    Label = "stored note"    // of staff about a line
	LabelStoredAudit   Label = "stored audit"   // the words of an audit log's line
)
