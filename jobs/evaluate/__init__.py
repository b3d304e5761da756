"""Judge the recommender on anyone's file of who watched what, by the code of the nightly gate."""
