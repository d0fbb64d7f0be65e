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
	LabelPIN         Label = "PIN"               // keys the hash of a PIN
	LabelPINSealed   Label = "PIN for resending" // seals the PIN itself while it may be sent again
	LabelNumber      Label = "phone number"      // keys a number's budgets
	LabelNetwork     Label = "network"           // keys a network's budgets
	LabelSubject     Label = "pairwise subject"
	LabelSessionID   Label = "pairwise session id"
	LabelCookie      Label = "session cookie"
	LabelLogout      Label = "logout confirmation"
)
