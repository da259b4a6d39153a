! How arguments, options, results and errors pass between Fortran and C.
program test_calls
  use accel
  use expect
  use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
  use, intrinsic :: iso_fortran_env, only: int8, int16, int64, real32, real64
  implicit none

  call takes_integers_of_any_kind()
  call refuses_what_is_no_integer()
  call takes_options_by_name()
  call options_of_adam_and_adamw_differ()
  call passes_text()
  call passes_arrays_of_handles()
  call gives_a_status_to_who_asks()
  call failures_stick()
  call forgets_what_is_tried()
  call handles_end()
  call keeps_what_is_kept()
  call blocks_begin_and_end()
  call calls_operations_by_name()
  call refuses_operations()
  call seeds_give_numbers()
  call saves_and_loads()
  call names_devices()
  call finish_tests()
contains
  subroutine names_devices()
    call begin_test("names devices")
    call expect_text(accel_device_name(accel_device_cpu()), "cpu")
    call expect_text(accel_device_name(accel_device_cuda(1)), "cuda:1")
    call expect_true(accel_device_is(accel_tensor_device(accel_arange(2)), accel_device_cpu()), "a tensor on the CPU")
    call expect_true(.not. accel_device_is(accel_device_cuda(1), accel_device_cpu()), "a GPU is not the CPU")
    call expect_true(.not. accel_device_is(accel_device_cuda(1), accel_device_cuda(0)), "nor another GPU")
    call expect_true(accel_device_is(accel_device_cuda(1), accel_device_cuda(1)), "but itself")
  end subroutine

  subroutine takes_integers_of_any_kind()
    integer(int64) :: large = 5000000000_int64
    type(accel_dict) :: parameters

    call begin_test("takes integers of any kind")
    parameters = accel_module_parameters(accel_linear(3_int64, 2_int8))
    call expect_true(all(accel_tensor_sizes(accel_get(parameters, "weight")) == [2, 3]), "int64 and int8")
    call expect_true(all(accel_tensor_sizes(accel_zeros(accel_uint8, [2_int16, 3_int16])) == [2, 3]), "an array of int16")
    call expect_true(accel_tensor_rank(accel_zeros(accel_uint8, [integer ::])) == 0, "an array of none")
    call expect_true(accel_generator_initial_seed(accel_generator_create(large)) == large, "one of 64 bits")
    call expect_true(accel_generator_initial_seed(accel_generator_create(-1)) == -1, "a negative one")
    call expect_true(accel_item(accel_mul_scalar(accel_arange(2_int64), 3d0)) /= 1, "a tensor of two is no number")
    call expect_failure(accel_eengine, "accel_item: ")
  end subroutine

  subroutine refuses_what_is_no_integer()
    type(accel_module) :: layer

    call begin_test("refuses what is no integer")
    layer = accel_linear(2.5, 1)
    call expect_true(accel_is_null(layer), "a real makes no layer")
    call expect_failure(accel_einval, "accel_linear: in_features must be an integer")
    call expect_true(accel_is_null(accel_embedding(4, 2, padding_idx="1")), "nor does a text as an option")
    call expect_failure(accel_einval, "accel_embedding: padding_idx must be an integer")
    call expect_true(accel_is_null(accel_zeros(accel_float32, [2.0, 3.0])), "nor do reals as sizes")
    call expect_failure(accel_einval, "accel_zeros: sizes must be integers")
    call expect_true(accel_tensor_size(accel_arange(3), 4294967296_int64) == -1, "nor has a large number 32 bits")
    call expect_failure(accel_einval, "accel_tensor_size: dimension must be an integer of 32 bits, got 4294967296")
    call expect_true(accel_tensor_size(accel_arange(3), -huge(1_int64)) == -1, "nor a large negative one")
    call expect_failure(accel_einval, "accel_tensor_size: dimension must be an integer of 32 bits, got -9223372036854775807")
    call expect_text(accel_dict_name(accel_dict_create(), -1), "")
    call expect_failure(accel_einval, "accel_dict_name: index must not be negative, got -1")
  end subroutine

  subroutine takes_options_by_name()
    type(accel_dict) :: parameters
    type(accel_optimizer) :: optimizer
    type(accel_tensor) :: loss, logits, target

    call begin_test("takes options by name")
    parameters = accel_module_parameters(accel_linear(3, 2, bias=.false.))
    call expect_true(accel_dict_count(parameters) == 1, "a logical")
    optimizer = accel_sgd(accel_linear(3, 2), lr=0.25d0)
    call expect_true(accel_optimizer_lr(optimizer, 0) == 0.25d0, "a real")
    optimizer = accel_sgd(lr=0.5d0)
    call expect_true(accel_optimizer_group_count(optimizer) == 0, "without the model that may be absent")
    call accel_optimizer_add_group(optimizer, parameters, weight_decay=0d0)
    call expect_true(accel_optimizer_lr(optimizer, 0) == 0.5d0, "what is not given is the default")
    logits = accel_tensor_copy_from(reshape([1.0, 2.0, 3.0, 4.0], [2, 2]))
    target = accel_tensor_copy_from([0_int64, 1_int64])
    loss = accel_cross_entropy(logits, target, reduction=accel_reduction_none)
    call expect_true(accel_tensor_numel(loss) == 2, "a constant")
    loss = accel_cross_entropy(logits, target, weight=accel_tensor_copy_from([1.0, 0.0]), reduction=accel_reduction_sum)
    call expect_true(abs(accel_item(loss) - log(1 + exp(1d0))) < 1d-6, "a tensor")
    loss = accel_cross_entropy(logits, target, ignore_index=1, reduction=accel_reduction_sum)
    call expect_true(abs(accel_item(loss) - log(1 + exp(1d0))) < 1d-6, "an integer")
  end subroutine

  ! Both have one struct in C. A step without a gradient but with decay shows which default holds.
  subroutine options_of_adam_and_adamw_differ()
    call begin_test("options of Adam and AdamW differ")
    call expect_true(decayed(accel_adam(lr=1d0)) == 1, "Adam has no decay")
    call expect_true(abs(decayed(accel_adamw(lr=1d0)) - 0.99d0) < 1d-6, "AdamW has")
  end subroutine

  function decayed(optimizer) result(weight)
    type(accel_optimizer), intent(in) :: optimizer
    real(real64) :: weight
    type(accel_dict) :: parameters
    type(accel_tensor) :: w

    w = accel_ones(accel_float32, [1])
    call accel_set_requires_grad(w, .true.)
    parameters = accel_dict_create()
    call accel_dict_set(parameters, "w", w)
    call accel_optimizer_add_group(optimizer, parameters)
    call accel_set_grad(w, accel_zeros(accel_float32, [1]))
    call accel_optimizer_step(optimizer)
    weight = accel_item(w)
  end function

  subroutine passes_text()
    type(accel_dict) :: dict
    character(20) :: name

    call begin_test("passes text")
    dict = accel_dict_create()
    name = "padded"
    call accel_dict_set(dict, name, accel_arange(1))
    call accel_dict_set(dict, "two words", accel_arange(2))
    call expect_text(accel_dict_name(dict, 0), "padded")
    call expect_text(accel_dict_name(dict, 1_int64), "two words")
    call expect_text(accel_dict_name(dict, 2), "")
    call expect_true(accel_dict_has(dict, "padded"), "a name without what fills it")
    call expect_true(.not. accel_dict_has(dict, "pad"), "but whole")
    call expect_text(accel_dtype_name(accel_bfloat16), "bfloat16")
    call accel_error_raise(accel_eio, "heat", "100 % of ""%s"" is lost")
    call expect_text(accel_error_text(), "heat: 100 % of ""%s"" is lost")
    call accel_error_clear()
    call expect_true(accel_is_null(accel_scheduler_create("constant", accel_sgd(), decay_type="linear")), "an option's text")
    call expect_failure(accel_einval, "accel_scheduler_create: ")
  end subroutine

  subroutine passes_arrays_of_handles()
    type(accel_tensor) :: parts(3), joined
    type(accel_module) :: model
    integer :: i

    call begin_test("passes arrays of handles")
    parts = [(accel_arange(i), i = 1, 3)]
    joined = accel_cat(parts, 0)
    call expect_true(accel_tensor_numel(joined) == 6, "tensors")
    model = accel_sequential([accel_linear(2, 3), accel_tanh_module(), accel_linear(3, 1)])
    call expect_true(accel_module_parameter_count(model) == 13, "modules")
    call expect_text(accel_module_type(accel_module_child(model, "1")), "Tanh")
    call expect_true(accel_item_integer(accel_sum(accel_sum_dims(joined, [0], .false.))) == 4, "and dimensions")
  end subroutine

  subroutine gives_a_status_to_who_asks()
    integer :: status

    call begin_test("gives a status to who asks")
    status = -1
    call accel_set_seed(1, status)
    call expect_true(status == accel_ok, "of success")
    call accel_dict_remove(accel_dict_create(), "x", status=status)
    call expect_true(status == accel_enotfound, "of failure")
    call expect_failure(accel_enotfound, "accel_dict_remove: ")
  end subroutine

  subroutine failures_stick()
    integer :: status

    call begin_test("failures stick")
    call expect_true(accel_is_null(accel_get(accel_dict_create(), "loss")), "what is not there is null")
    call expect_true(accel_error_is_set(), "and on record")
    call accel_set_seed(3, status)
    call expect_true(status == accel_enotfound, "what has an effect does nothing")
    call expect_true(accel_is_null(accel_ones(accel_float32, [1])), "what makes something makes nothing")
    call expect_true(ieee_is_nan(accel_item(accel_tensor())), "a number is none")
    call expect_failure(accel_enotfound, "accel_dict_get: ")
    call expect_true(.not. accel_error_is_set(), "until it is cleared")
    call expect_text(accel_status_name(accel_enotfound), "ACCEL_ENOTFOUND")
  end subroutine

  subroutine forgets_what_is_tried()
    type(accel_try_block) :: attempt

    call begin_test("forgets what is tried")
    attempt = accel_try_begin()
    call expect_true(accel_is_null(accel_load("no/such/file.safetensors")), "no file")
    call expect_true(accel_error_status() == accel_enotfound, "is on record inside")
    call accel_try_end(attempt)
    call expect_true(.not. accel_error_is_set(), "and not after it")
    call accel_error_raise(accel_eio, "before", "it")
    attempt = accel_try_begin()
    call expect_true(.not. accel_error_is_set(), "a block begins without the record")
    call accel_try_end(attempt)
    call expect_failure(accel_eio, "before: it")
  end subroutine

  subroutine handles_end()
    type(accel_tensor) :: tensor

    call begin_test("handles end")
    call expect_true(accel_is_null(tensor), "a handle is null before")
    tensor = accel_arange(3)
    call expect_true(.not. accel_is_null(tensor), "and not then")
    call accel_free(tensor)
    call expect_true(accel_tensor_numel(tensor) == -1, "what has ended is no tensor")
    call expect_failure(accel_estale, "accel_tensor_numel: ")
    call accel_free(tensor)
    call expect_failure(accel_estale, "accel_free")
    call accel_free(accel_tensor())
    call accel_free(accel_module())
  end subroutine

  subroutine keeps_what_is_kept()
    type(accel_scope) :: inner
    type(accel_tensor) :: kept, left

    call begin_test("keeps what is kept")
    inner = accel_scope_begin()
    kept = accel_arange(2)
    left = accel_arange(3)
    call accel_keep(kept)
    call accel_scope_end(inner)
    call expect_true(accel_tensor_numel(kept) == 2, "lives on")
    call expect_true(accel_tensor_numel(left) == -1, "the other does not")
    call expect_failure(accel_estale, "accel_tensor_numel: ")
    call accel_retain(kept)
    call accel_free(kept)
    call expect_true(accel_tensor_numel(kept) == 2, "a further reference keeps it")
    call accel_release(kept)
    call expect_true(accel_tensor_numel(kept) == -1, "until it is released")
    call accel_error_clear()
  end subroutine

  subroutine blocks_begin_and_end()
    type(accel_no_grad_block) :: quiet
    type(accel_tensor) :: w

    call begin_test("blocks begin and end")
    w = accel_ones(accel_float32, [1])
    call accel_set_requires_grad(w, .true.)
    quiet = accel_no_grad_begin()
    call expect_true(.not. accel_requires_grad(accel_square(w)), "nothing is recorded inside")
    call accel_no_grad_end(quiet)
    call expect_true(accel_requires_grad(accel_square(w)), "and again after it")
  end subroutine

  subroutine calls_operations_by_name()
    type(accel_tensor) :: x, outs(2), parts(2)

    call begin_test("calls operations by name")
    x = accel_tensor_copy_from(reshape([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [3, 2]))
    call expect_true(first_item(accel_op("aten::roll", x, [1], [0])) == 4, "arrays of integers")
    call expect_true(first_item(accel_op("aten::roll", x, [1_int64], [1_int16])) == 3, "of any kind")
    call expect_true(first_item(accel_op("aten::add.Tensor", x, x, 2)) == 3, "tensors and an integer")
    call expect_true(first_item(accel_op("aten::mul.Scalar", x, 2.5)) == 2.5, "a real32")
    call expect_true(first_item(accel_op("aten::mul.Scalar", x, 0.1d0)) == real(0.1d0, real32), "a real64")
    call expect_true(all(accel_tensor_sizes(accel_op("aten::sum.dim_IntList", x, [1], .true.)) == [2, 1]), "a logical")
    call expect_true(all(accel_tensor_sizes(accel_op("aten::sum.dim_IntList", x, [1], .false.)) == [2]), "and another")
    call expect_true(accel_tensor_dtype(accel_op("aten::sum", x, accel_float64)) == accel_float64, "a dtype")
    call expect_true(accel_tensor_dtype(accel_op("aten::sum", x, accel_none)) == accel_float32, "none")
    call expect_true(all(accel_tensor_sizes(accel_op("aten::cat", [x, x], 1)) == [2, 6]), "an array of tensors")
    call expect_true(first_item(accel_op("aten::div.Tensor_mode", x, x, "floor")) == 1, "a text")
    call expect_true(accel_op_draws(7) == accel_op_draws(7), "a generator")
    call expect_true(all(accel_tensor_sizes(accel_op("aten::upsample_nearest1d.vec", &
      accel_unsqueeze(x, 0), accel_none, [2.0])) == [1, 2, 6]), "an array of reals")
    call accel_op_into(outs, "aten::max.dim", x, -1)
    call expect_true(accel_item_integer(accel_sum(outs(2))) == 4, "two results")
    call accel_op_into(parts, "aten::split.Tensor", x, 1)
    call expect_true(first_item(parts(2)) == 4, "a list of results")
  end subroutine

  function accel_op_draws(seed) result(number)
    integer, intent(in) :: seed
    real(real64) :: number

    number = first_item(accel_op("aten::randn.generator", [2], accel_generator_create(seed)))
  end function

  function first_item(tensor) result(item)
    type(accel_tensor), intent(in) :: tensor
    real(real64) :: item

    item = accel_item(accel_op("aten::select.int", accel_reshape(tensor, [-1]), 0, 0))
  end function

  subroutine refuses_operations()
    type(accel_tensor) :: x, outs(3)

    call begin_test("refuses operations")
    x = accel_arange(3)
    call expect_true(accel_is_null(accel_op("aten::no_such", x)), "none of that name")
    call expect_failure(accel_enotfound, "")
    call expect_true(accel_is_null(accel_op("aten::roll", x, (1.0, 2.0))), "a complex number")
    call expect_failure(accel_einval, "accel_op: an argument has a type that no operation takes")
    call expect_true(accel_is_null(accel_op("aten::roll", x, [.true.])), "logicals")
    call expect_failure(accel_einval, "accel_op: an array has a type that no operation takes")
    call expect_true(accel_is_null(accel_op("aten::roll", x, reshape([1], [1, 1]))), "a matrix")
    call expect_failure(accel_einval, "accel_op: an argument is a scalar or an array of one dimension")
    call expect_true(accel_is_null(accel_op("aten::relu", x, x)), "one too many")
    call expect_true(accel_error_is_set(), "is an error")
    call accel_error_clear()
    call accel_op_into(outs, "aten::max.dim", accel_zeros(accel_float32, [2, 2]), -1)
    call expect_true(accel_is_null(outs(1)), "as is another number of results")
    call accel_error_clear()
  end subroutine

  subroutine seeds_give_numbers()
    type(accel_tensor) :: first, again

    call begin_test("seeds give numbers")
    call accel_set_seed(42)
    first = accel_randn([2, 3])
    again = accel_randn([2, 3], accel_generator_create(42))
    call expect_true(accel_item_integer(accel_all(accel_eq(first, again))) == 1, "the default generator's and one's own")
    call expect_true(abs(first_item(first) - 0.33669036626815796d0) < 1d-12, "as torch.manual_seed(42) does")
  end subroutine

  subroutine saves_and_loads()
    type(accel_dict) :: dict
    type(accel_tensor) :: loaded
    integer :: status

    call begin_test("saves and loads")
    dict = accel_dict_create()
    call accel_dict_set(dict, "field", accel_tensor_copy_from(reshape([1d0, 2d0, 3d0, 4d0], [2, 2])))
    call accel_save(dict, "saved.safetensors", status)
    call expect_true(status == accel_ok, "writes")
    loaded = accel_get(accel_load("saved.safetensors"), "field")
    call expect_true(accel_item_integer(accel_all(accel_eq(loaded, accel_get(dict, "field")))) == 1, "and reads the same")
    call accel_save(dict, "no/such/folder/file.safetensors", status)
    call expect_true(status /= accel_ok, "not where nothing can be written")
    call accel_error_clear()
  end subroutine
end program
