package health

import "fmt"

// Rule names what decided; metrics and alerts use it, so the words are fixed.
type Rule string

// The rules, in the order of the verdict.
const (
	NoConfig            Rule = "NoConfig"
	Rest                Rule = "Rest"
	UnknownMode         Rule = "UnknownMode"
	ChangeTooLong       Rule = "ChangeTooLong"
	ArmTimeout          Rule = "ArmTimeout"
	ModeSet             Rule = "Mode"
	DrainEndedVerifying Rule = "DrainEndedVerifying"
	ExpiredWhileFailing Rule = "ExpiredWhileFailing"
	Expired             Rule = "Expired"
	ChangeOfPeer        Rule = "PeerChange"
	TakingBaseline      Rule = "TakingBaseline"
	Draining            Rule = "Drain"
	UnknownState        Rule = "Unknown"
	StrictPass          Rule = "StrictPass"
	Failing             Rule = "Failing"
	QuorumMet           Rule = "Quorum"
	BelowQuorum         Rule = "BelowQuorum"
	MinOut              Rule = "MinOut"
	NoPeers             Rule = "NoPeers"
	PromisedTo          Rule = "PromisedTo"
	MinIn               Rule = "MinIn"
	Restarted           Rule = "Restarted"
	FlapLimit           Rule = "FlapLimit"
	MissingPromises     Rule = "Guard"
	SiblingIn           Rule = "Sibling"
	FollowingSibling    Rule = "Following"
	WaitingForSiblings  Rule = "WaitingForSiblings"
)

// Reason is a rule and what it saw.
type Reason struct {
	Rule Rule
	Text string // may be empty
}

func (r Reason) String() string {
	if r.Text == "" {
		return string(r.Rule)
	}
	return fmt.Sprintf("%s(%s)", r.Rule, r.Text)
}

func because(rule Rule, format string, args ...any) Reason {
	if len(args) == 0 {
		return Reason{rule, format}
	}
	return Reason{rule, fmt.Sprintf(format, args...)}
}
