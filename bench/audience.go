package main

import (
	"errors"
	"fmt"
)

// audience is everybody who visits one server: the visitors of the measurements, signed in once, and the crowd from which
// new subscribers come.
type audience struct {
	address  string
	visitors []*visitor
}

// grantsEach is how many grants a visitor has, so that reads do not always meet the same few rows.
const grantsEach = 8

// seat signs in as many visitors as there will be connections, through the pages, and gives each its tokens.
func seat(address string, connections int) (*audience, error) {
	a := &audience{address: address}
	people := new(crowd)
	for range connections {
		v, err := newVisitor(address, people)
		if err != nil {
			return nil, errors.Join(err, a.leave())
		}
		a.visitors = append(a.visitors, v)
		if err := v.settle(); err != nil {
			return nil, errors.Join(fmt.Errorf("sign in visitor %d: %w", len(a.visitors), err), a.leave())
		}
	}
	return a, nil
}

func newVisitor(address string, people *crowd) (*visitor, error) {
	c, err := dial(address)
	if err != nil {
		return nil, err
	}
	return &visitor{connection: c, crowd: people}, c.allow(patience)
}

// settle signs the visitor in, with consent to all scopes, and gets the tokens of some grants.
func (v *visitor) settle() error {
	who, err := v.crowd.newcomer()
	if err != nil {
		return err
	}
	if _, err := v.signUp(who, scopesOpenID, stepRedeemOpenID); err != nil {
		return err
	}
	for range grantsEach {
		tokens, err := v.authorizeAndRedeem(targetPlain, stepRedeem)
		if err != nil {
			return err
		}
		access, err := member(tokens, "access_token")
		if err != nil {
			return err
		}
		if v.refresh, err = member(tokens, "refresh_token"); err != nil {
			return err
		}
		v.access = append(v.access, access)
	}
	return nil
}

// rehearse does each operation once and returns the size of every answer.
func (a *audience) rehearse() (map[step]size, error) {
	v := a.visitors[0]
	v.sizes = make(map[step]size)
	defer func() { v.sizes = nil }()
	for _, o := range operations {
		if err := o.do(v); err != nil {
			return nil, fmt.Errorf("rehearse %s: %w", o.name, err)
		}
	}
	return v.sizes, nil
}

// leave closes the connections.
func (a *audience) leave() error {
	var faults []error
	for _, v := range a.visitors {
		faults = append(faults, v.close())
	}
	return errors.Join(faults...)
}
